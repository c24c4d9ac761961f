import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jsonLog } from '../../src/base/log.ts'
import type { CommandRun, JobRun } from '../../src/engine/engine.ts'
import type { Account } from '../../src/engine/process/account.ts'
import { makeAppPlaces, makePlaces, places } from '../../src/engine/process/places.ts'
import type { PortBook } from '../../src/engine/process/ports.ts'
import { type ProcessEngine, processEngine } from '../../src/engine/process/process-engine.ts'
import type { ArtifactBody } from '../../src/model/artifact.ts'
import type { InstanceId } from '../../src/model/instance.ts'
import type { SetSpec } from '../../src/model/set.ts'
import { defaultService } from '../../src/model/spec.ts'
import { booksIn } from './books.ts'
import { until } from './until.ts'

export const isRoot = process.getuid?.() === 0
/** As root every test runs behind the wall; the number needs no entry in `/etc/passwd`. */
export const testAccount: Account = isRoot ? { uid: 61_234 } : null
export const testDigest = `sha256-${'a'.repeat(64)}`
const shop = { app: 'hello', environment: 'production' }
const programs = join(import.meta.dirname, '../fixtures/programs')

/** A data folder with engines on it, one after the other, and all that they started. */
export type Bench = {
  folder: string
  ports: PortBook
  engine: ProcessEngine
  /** What the engine said in the server's log. */
  said: string[]
  gone: ArtifactBody
  /** A set that runs a fixture program; its slug is made. */
  set(program: string, change?: Partial<SetSpec>): Promise<SetSpec>
  /** A run of a job that is a fixture program or a shell's text; its slug is made. */
  job(command: JobRun['command'], change?: Partial<JobRun>): Promise<JobRun>
  command(command: CommandRun['command'], change?: Partial<CommandRun>): Promise<CommandRun>
  /** Another server takes over. */
  restart(): Promise<ProcessEngine>
  /** Ends every instance and removes the folder. */
  end(): Promise<void>
}

export async function makeBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'naru-engine-'))
  const said: string[] = []
  const ports = filePorts(join(folder, 'ports.json'))
  const start = () => startEngine(folder, (line) => said.push(line))
  const bench: Bench = {
    folder,
    ports,
    engine: await start(),
    said,
    gone: { kind: 'slug', folder: join(folder, 'gone') },
    set: (program, change) => setOf(folder, program, change),
    async job(command, change) {
      const { commit, body } = await setOf(folder, '')
      const of = { place: shop, release: 1, job: 'migrate', run: 1, commit, body }
      return { ...of, command, environment: {}, timeoutSeconds: 60, ...change }
    },
    async command(command, change) {
      const { commit, body } = await setOf(folder, '')
      const of = { place: shop, release: 1, commit, body, command, environment: {} }
      return { ...of, terminal: null, ...change }
    },
    async restart() {
      await bench.engine.close()
      bench.engine = await start()
      return bench.engine
    },
    async end() {
      await bench.restart() // A test may have closed its engine and left instances to others.
      const ids = (await bench.engine.list()).map(({ id }) => id)
      await bench.engine.stop(ids, 0)
      await bench.engine.endRuns({}, 0)
      await bench.engine.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return bench
}

export function startEngine(folder: string, say: (line: string) => void): Promise<ProcessEngine> {
  return processEngine({
    folder,
    ports: filePorts(join(folder, 'ports.json')),
    books: booksIn(folder),
    groupOf: async (app) => groupOf(app),
    account: testAccount,
    log: jsonLog(say),
  })
}

export const groupOf = (app: string): number =>
  62_000 + [...app].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)

export async function setOf(
  folder: string,
  program: string,
  change: Partial<SetSpec> = {},
): Promise<SetSpec> {
  const set = change.set ?? { app: 'hello', environment: 'production', service: 'web', release: 1 }
  const at = places(folder)
  const app = at.app(set.app)
  await makePlaces(at, testAccount)
  await makeAppPlaces(app, testAccount, groupOf(set.app))
  const slug = app.slug(testDigest)
  // A slug never changes: an instance may be reading it.
  if (!existsSync(slug)) await cp(programs, slug, { recursive: true })
  return {
    set,
    routed: true,
    commit: 'c0ffee',
    body: { kind: 'slug', folder: slug },
    command: ['node', `${program}.mjs`],
    port: null,
    resources: {},
    volumes: {},
    environment: {},
    health: { ...defaultService.health, everySeconds: 0.2, timeoutSeconds: 0.5 },
    stop: { signal: 'SIGTERM', graceSeconds: 5 },
    ...change,
  }
}

/** A book of ports in a file, so that the next server finds it. */
export function filePorts(file: string): PortBook {
  const read = (): [number, InstanceId][] => {
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      return [] // Not written yet.
    }
  }
  return {
    held: async () => new Map(read()),
    async hold(port, instance) {
      if (read().some(([held]) => held === port)) return false
      writeFileSync(file, JSON.stringify([...read(), [port, instance]]))
      return true
    },
    async release(instance) {
      writeFileSync(file, JSON.stringify(read().filter(([, holder]) => holder !== instance)))
    },
  }
}

/** The first line of the log that a pattern matches. */
export function printed(bench: Bench, pattern: RegExp, app = 'hello'): Promise<RegExpExecArray> {
  return until(`the log to have ${pattern}`, async () => {
    for await (const { text } of bench.engine.logs({ app, environment: 'production' })) {
      const match = pattern.exec(text)
      if (match !== null) return match
    }
    return undefined
  })
}
