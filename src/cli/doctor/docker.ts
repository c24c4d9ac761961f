import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { type DaemonInfo, dockerSocket, whyApart } from '../../base/docker-socket.ts'
import { type DockerTrouble, type DoctorFinding, finding } from '../../contract/doctor.ts'
import type { EnginesView } from '../../contract/engine-shapes.ts'
import type { RunningServer } from '../running-server.ts'
import { tryProgram } from './machine.ts'

/** A daemon that hangs takes the connection and says nothing. */
const patienceMs = 3_000

/**
 * Whether a Docker Engine answers here, and what is to be done about it. None is needed, unless something is built for it.
 * Where containers can reach the ports of this machine, only the server knows.
 */
export async function lookAtDocker(
  { DOCKER_HOST: host }: NodeJS.ProcessEnv,
  running: RunningServer | null,
): Promise<DoctorFinding[]> {
  const engines = await running?.api.engines()
  const { version, trouble } = await ask(dockerSocket(host))
  const needed = isNeeded(engines)
  const state = trouble === null ? 'good' : needed ? 'bad' : 'note'
  const facts = { version, trouble, needed, host: host ?? '', ...(await thisSystem()) }
  const exposed = engines?.engines.find(({ name }) => name === 'docker')?.exposed ?? null
  return [
    finding('docker', state, facts),
    ...(exposed === null ? [] : [finding('containers', 'warning', { reason: exposed })]),
  ]
}

const isNeeded = (view: EnginesView | undefined): boolean =>
  view !== undefined &&
  (view.choice.engine === 'docker' || view.environments.some(({ engine }) => engine === 'docker'))

type Answer = { version: string | null; trouble: DockerTrouble | null }

async function ask(socket: string | undefined): Promise<Answer> {
  if (socket === undefined) return { version: null, trouble: 'elsewhere' }
  try {
    const info = await infoAt(socket)
    const isApart = whyApart(info, process.platform) !== null
    return { version: info.ServerVersion, trouble: isApart ? 'apart' : null }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const isInstalled = (await tryProgram('dockerd', ['--version'])) !== null
    if (code === 'EACCES') return { version: null, trouble: 'forbidden' }
    if (code === 'ENOENT' || code === 'ECONNREFUSED')
      return { version: null, trouble: isInstalled ? 'stopped' : 'missing' }
    return { version: null, trouble: 'silent' }
  }
}

function infoAt(socketPath: string): Promise<DaemonInfo> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(patienceMs)
    const asked = request({ socketPath, path: '/info', signal }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()))
      answer.on('error', reject)
      answer.on('end', () => {
        try {
          resolve(JSON.parse(text) as DaemonInfo)
        } catch (error) {
          reject(error as Error)
        }
      })
    })
    asked.on('error', reject)
    asked.end()
  })
}

/** What os-release calls this system and those that it comes from, "ubuntu debian"; of a Mac "darwin". */
async function thisSystem(): Promise<{ system: string; user: string }> {
  const user = process.env['USER'] ?? '$USER'
  if (process.platform === 'darwin') return { system: 'darwin', user }
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '') // A system that does not say which it is.
  const names = [...text.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].map(([, name]) => name)
  return { system: names.join(' '), user }
}
