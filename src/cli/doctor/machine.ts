import { lookup } from 'node:dns/promises'
import { access, constants, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { appsUser } from '../../base/apps-user.ts'
import { cgroupVersion } from '../../base/cgroup.ts'
import { diskUse } from '../../base/disk.ts'
import { portHolder } from '../../base/port-holder.ts'
import { type ProgramResult, runProgram } from '../../base/program.ts'
import { type DoctorFinding, finding } from '../../contract/doctor.ts'
import { fitsGit, gitVersion, neededGit } from '../../source/git.ts'
import { fitsNode } from '../node-version.ts'

/** What Naru needs of the machine, whether a server runs or not. */
export async function lookAtMachine(
  environment: NodeJS.ProcessEnv,
  data: string,
): Promise<DoctorFinding[]> {
  const looks = [lookAtNode(), lookAtGit(), lookAtData(data), lookAtLocale(environment), clock()]
  return Promise.all([...looks, lookAtWall(), lookAtBuilds()])
}

function lookAtNode(): DoctorFinding {
  const version = process.versions.node
  const fits = fitsNode(version)
  return finding('node', fits ? 'good' : 'bad', { version, fits })
}

async function lookAtGit(): Promise<DoctorFinding> {
  const facts = { version: await gitVersion(), needed: neededGit }
  const fits = facts.version !== null && fitsGit(facts.version)
  return finding('git', fits ? 'good' : 'bad', { ...facts, fits })
}

async function lookAtData(folder: string): Promise<DoctorFinding> {
  const exists = await mayUse(folder, constants.F_OK)
  const writable = await mayHold(exists ? folder : await firstThatExists(folder))
  return finding('data', writable ? 'good' : 'bad', { folder, exists, writable })
}

const littleBytes = 1024 ** 3
const tooLittleBytes = 200 * 1024 ** 2

/** Free room on the disk that holds the folder, or will hold it. */
export async function lookAtDisk(folder: string): Promise<DoctorFinding> {
  const { usedShare, freeBytes, totalBytes } = await diskUse(await firstThatExists(folder))
  const usedPercent = Math.floor(usedShare * 100)
  const state =
    freeBytes < tooLittleBytes || usedPercent >= 95
      ? 'bad'
      : freeBytes < littleBytes || usedPercent >= 90
        ? 'warning'
        : 'good'
  return finding('disk', state, { folder, freeBytes, totalBytes, usedPercent })
}

/** Whether the names under the server's domain lead to this machine in programs that ask the system, as curl may. */
export async function lookAtResolver(domain: string, http: string): Promise<DoctorFinding> {
  const name = `hello.${domain}`
  const resolves = await lookup(name).then(
    () => true,
    () => false, // Not found, or nobody to ask: either way the name leads nowhere here.
  )
  return finding('resolver', resolves ? 'good' : 'note', { name, resolves, http })
}

/** Whether an address that `naru up` would take is free. */
export async function lookAtPort(flag: '--http' | '--api', address: string, ours: boolean) {
  const port = Number(address.slice(address.lastIndexOf(':') + 1))
  const taken = !ours && (await isListening(port))
  const holder = taken ? await portHolder(port) : null
  return finding('port', taken ? 'bad' : 'good', { flag, address, holder, ours })
}

function lookAtLocale(environment: NodeJS.ProcessEnv): DoctorFinding {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || ''
  const utf8 = /utf-?8/i.test(locale)
  return finding('locale', utf8 ? 'good' : 'warning', { locale, utf8 })
}

async function clock(): Promise<DoctorFinding> {
  const said = await tryProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value'])
  const word = said?.code === 0 ? said.stdout.toString().trim() : ''
  const synchronised = word === 'yes' ? true : word === 'no' ? false : null
  const state = synchronised === null ? 'note' : synchronised ? 'good' : 'warning'
  return finding('clock', state, { synchronised, now: new Date().toISOString() })
}

async function lookAtWall(): Promise<DoctorFinding> {
  const root = process.getuid?.() === 0
  const found = root && (await tryProgram('id', ['-u', appsUser]))?.code === 0
  return finding('wall', root ? 'good' : 'note', { stands: found, user: appsUser, root })
}

async function lookAtBuilds(): Promise<DoctorFinding> {
  const cgroup = await cgroupVersion()
  return finding('builds', cgroup === null ? 'note' : 'good', { cgroup })
}

/** Null where there is no such program. */
export async function tryProgram(program: string, args: string[]): Promise<ProgramResult | null> {
  try {
    return await runProgram(program, args, { signal: AbortSignal.timeout(10_000) })
  } catch {
    return null // Not installed, not ours to run, or silent for too long: it is no use here.
  }
}

const mayUse = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false, // Which of the reasons it is does not matter: it cannot be used.
  )

/** Whether files can be made in it; one that is a file itself holds none. */
const mayHold = async (path: string): Promise<boolean> =>
  (await stat(path)).isDirectory() && (await mayUse(path, constants.W_OK | constants.X_OK))

async function firstThatExists(path: string): Promise<string> {
  if (path === dirname(path) || (await mayUse(path, constants.F_OK))) return path
  return firstThatExists(dirname(path))
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(true))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })
}
