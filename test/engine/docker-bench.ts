import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { jsonLog } from '../../src/base/log.ts'
import { Daemon } from '../../src/engine/docker/daemon.ts'
import { type DockerEngine, dockerEngine } from '../../src/engine/docker/docker-engine.ts'
import type { CommandRun, JobRun } from '../../src/engine/engine.ts'
import type { ArtifactBody, Image } from '../../src/model/artifact.ts'
import type { SetSpec } from '../../src/model/set.ts'
import { defaultService } from '../../src/model/spec.ts'
import { baseImages, docker, removeAllOf } from '../support/docker.ts'
import { booksIn } from './books.ts'

const shop = { app: 'hello', environment: 'production' }
const programs = join(import.meta.dirname, '../fixtures/programs')

/** A data folder with Docker engines on it, one after the other, and all that they started. */
export type DockerBench = {
  folder: string
  engine: DockerEngine
  image: Image
  gone: ArtifactBody
  /** What the engine said in the server's log. */
  said: string[]
  set(program: string, change?: Partial<SetSpec>): Promise<SetSpec>
  job(command: JobRun['command'], change?: Partial<JobRun>): Promise<JobRun>
  command(command: CommandRun['command'], change?: Partial<CommandRun>): Promise<CommandRun>
  restart(): Promise<DockerEngine>
  end(): Promise<void>
}

export async function makeDockerBench(): Promise<DockerBench> {
  const folder = await mkdtemp(join(tmpdir(), 'naru-docker-'))
  const said: string[] = []
  const image = await programsImage()
  const start = async () =>
    dockerEngine({
      folder,
      daemon: await Daemon.open(),
      books: booksIn(folder),
      log: jsonLog((line) => said.push(line)),
    })
  const bench: DockerBench = {
    folder,
    image,
    gone: { kind: 'image', id: `sha256:${'0'.repeat(64)}` },
    engine: await start(),
    said,
    async set(program, change = {}) {
      return {
        set: { ...shop, service: 'web', release: 1 },
        routed: true,
        commit: 'c0ffee',
        body: image,
        command: ['node', `${program}.mjs`],
        port: null,
        resources: {},
        volumes: {},
        environment: {},
        health: { ...defaultService.health, everySeconds: 0.2, timeoutSeconds: 0.5 },
        stop: { signal: 'SIGTERM', graceSeconds: 5 },
        ...change,
      }
    },
    async job(command, change) {
      const of = { place: shop, release: 1, job: 'migrate', run: 1, commit: 'c0ffee', body: image }
      return { ...of, command, environment: {}, timeoutSeconds: 60, ...change }
    },
    async command(command, change) {
      const of = { place: shop, release: 1, commit: 'c0ffee', body: image, command }
      return { ...of, environment: {}, terminal: null, ...change }
    },
    async restart() {
      await bench.engine.close()
      bench.engine = await start()
      return bench.engine
    },
    async end() {
      await bench.engine.close()
      await removeAllOf(bench.engine.server)
      await rm(folder, { recursive: true, force: true })
    },
  }
  return bench
}

let built: Promise<Image> | null = null

/** The programs of `test/fixtures/programs`, in an image without a label: nobody collects it. */
export function programsImage(): Promise<Image> {
  built ??= buildPrograms()
  return built
}

async function buildPrograms(): Promise<Image> {
  const context = pack()
  const dockerfile = `FROM ${baseImages.node}\nWORKDIR /app\nCOPY . .\nUSER 1000\n`
  context.entry({ name: 'Dockerfile' }, dockerfile)
  for (const name of await readdir(programs))
    context.entry({ name }, await readFile(join(programs, name)))
  context.finalize()
  const output = await docker.buildImage(context as unknown as NodeJS.ReadableStream, {
    t: 'naru-test-programs',
    version: '2',
  })
  await new Promise((resolve, reject) =>
    docker.modem.followProgress(output, (error, said: { error?: string }[]) => {
      const failed = error ?? said.find((line) => line.error !== undefined)
      if (failed) reject(new Error(JSON.stringify(failed)))
      else resolve(said)
    }),
  )
  return { kind: 'image', id: (await docker.getImage('naru-test-programs').inspect()).Id }
}
