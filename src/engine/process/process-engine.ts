import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { NaruError } from '../../base/error.ts'
import { randomId } from '../../base/id.ts'
import type { Log } from '../../base/log.ts'
import { removeTree } from '../../base/tree.ts'
import type { ArtifactBody } from '../../model/artifact.ts'
import type { Instance, InstanceId, LogLine } from '../../model/instance.ts'
import type { Release } from '../../model/release.ts'
import { type SetSpec, setKey } from '../../model/set.ts'
import { Changes } from '../changes.ts'
import type {
  Collected,
  CommandRun,
  Engine,
  InstanceCommand,
  InstanceFilter,
  JobEnd,
  JobRun,
  Keep,
  LogFilter,
  OpenCommand,
  RunFilter,
  Unsubscribe,
  Usage,
} from '../engine.ts'
import { fits } from '../filter.ts'
import type { LogBooks } from '../log/log-books.ts'
import { readLog } from '../log/log-reader.ts'
import { Turns } from '../turns.ts'
import type { Account } from './account.ts'
import { collectPlaces, forgetPlace, type InUse } from './collect.ts'
import { Commands } from './commands.ts'
import { ProcessInstance } from './instance.ts'
import { readJobRecord } from './job-record.ts'
import { Jobs } from './jobs.ts'
import { writeLauncher } from './launcher.ts'
import { OutputSpace } from './output-space.ts'
import { makeAppFolder, makeAppPlaces, makePlaces, type Places, places } from './places.ts'
import { type PortBook, settlePorts } from './ports.ts'
import { readRecord } from './record.ts'
import { type InSlug, inSlug, slugFolder } from './slug.ts'
import type { Surroundings } from './surroundings.ts'

export type ProcessEngineOptions = {
  /** Naru's data folder. */
  folder: string
  ports: PortBook
  /** Of the data folder; closed with the engine. */
  books: LogBooks
  /** Number of an app's own group: the same for ever, and no other app's. Unused without an account. */
  groupOf(app: string): Promise<number>
  /** From `appsAccount`. */
  account: Account
  log: Log
}

export type ProcessEngine = Engine & { readonly name: 'process' }

const lookMs = 100

/**
 * Runs instances as plain processes of this machine, which outlive the server. Takes over those of the server
 * before. One engine at a time may use a data folder: the store's lock sees to that.
 */
export async function processEngine(options: ProcessEngineOptions): Promise<ProcessEngine> {
  const engine = new Processes(options)
  await engine.adopt()
  return engine
}

class Processes implements ProcessEngine {
  readonly name = 'process'
  readonly can = { limits: false, volumes: false, exec: false }
  readonly #options: ProcessEngineOptions
  readonly #places: Places
  readonly #instances = new Map<InstanceId, ProcessInstance>()
  readonly #books: LogBooks
  readonly #changes = new Changes()
  readonly #turns = new Turns()
  readonly #closing = new AbortController()
  readonly #space: OutputSpace
  #scripts = { script: '', session: '' }
  readonly #jobs: Jobs
  readonly #commands: Commands
  #firstLook: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(options: ProcessEngineOptions) {
    this.#options = options
    this.#places = places(options.folder)
    this.#books = options.books
    this.#space = new OutputSpace(options.log)
    this.#jobs = new Jobs(() => this.#surroundings(), this.#books)
    this.#commands = new Commands(() => this.#surroundings())
  }

  async adopt(): Promise<void> {
    await makePlaces(this.#places, this.#options.account)
    const ids = await readdir(this.#places.instances)
    // What a newer Naru has written is refused before anything is touched.
    for (const id of ids) readRecord(join(this.#places.instances, id))
    for (const name of await readdir(this.#places.jobs))
      readJobRecord(join(this.#places.jobs, name))
    this.#scripts = await writeLauncher(this.#places.launch)
    await this.#commands.endLeftovers()
    await Promise.all(ids.map((id) => this.#adoptOne(id)))
    await this.#jobs.adopt()
    await this.#books.settle(new Set([...this.#instances.keys(), ...this.#jobs.logged()]))
    const { ports, log } = this.#options
    const instances = [...this.#instances.values()]
    const records = instances.map(({ record }) => record)
    await settlePorts(ports, records, log)
    this.#firstLook = Promise.all(instances.map(({ looked }) => looked))
    this.#timer = setInterval(() => this.#look(), lookMs)
  }

  async prepare(release: Release, body: ArtifactBody): Promise<void> {
    const { app, environment, number, artifact } = release
    const found = await stat(slugFolder(body)).catch(() => null) // Whatever is in the way, it cannot be run from there.
    if (!found?.isDirectory())
      throw new NaruError('artifact.missing', { app, release: number, digest: artifact })
    const { account, groupOf } = this.#options
    const group = await groupOf(app)
    const at = this.#places.app(app)
    await makeAppPlaces(at, account, group)
    await makeAppFolder(at.home(environment), account, group)
  }

  ensure(set: SetSpec, count: number): Promise<void> {
    const spec = inSlug(set)
    return this.#turns.run(setKey(spec.set), async () => {
      const present = this.#ofSet(spec)
      for (const instance of present) instance.provide(spec)
      for (let missing = count - present.length; missing > 0; missing -= 1) await this.#add(spec)
    })
  }

  async stop(instances: InstanceId[], graceSeconds: number): Promise<void> {
    await Promise.all(instances.map((id) => this.#instances.get(id)?.stop(graceSeconds)))
  }

  async list(filter: InstanceFilter = {}): Promise<Instance[]> {
    await this.#firstLook
    const views = this.#present().map((instance) => instance.view())
    return views.filter(({ set }) => fits(set, filter))
  }

  run(job: JobRun, cancel?: AbortSignal): Promise<JobEnd> {
    return this.#jobs.run(inSlug(job), cancel)
  }

  open(command: CommandRun): Promise<OpenCommand> {
    return this.#commands.open(inSlug(command))
  }

  async exec({ instance: id, ...command }: InstanceCommand): Promise<OpenCommand> {
    const instance = this.#instances.get(id)
    const spec = instance?.runningSpec
    if (instance === undefined || !spec)
      throw new NaruError('instance.gone', { ...command.place, instance: id })
    const { set, folder, commit, environment } = spec
    const { host, port } = instance.view().address
    const own = { PORT: String(port), HOST: host, NARU_SERVICE: set.service }
    const { release } = set
    return this.#commands.open({
      ...{ ...command, release, folder, commit },
      environment: { ...environment, ...own },
    })
  }

  async endRuns(filter: RunFilter, graceSeconds: number): Promise<void> {
    await Promise.all([
      this.#jobs.end(filter, graceSeconds),
      this.#commands.end(filter, graceSeconds),
    ])
  }

  async usage(filter: InstanceFilter = {}): Promise<Usage[]> {
    return this.#present()
      .filter(({ record }) => fits(record.set, filter))
      .flatMap((instance) => instance.usage() ?? [])
  }

  watch(listener: () => void): Unsubscribe {
    return this.#changes.watch(listener)
  }

  async *logs(filter: LogFilter, signal?: AbortSignal): AsyncGenerator<LogLine> {
    yield* readLog(await this.#books.of(filter), filter, signal)
  }

  async collect(keep: Keep): Promise<Collected> {
    const use = this.#inUse()
    const isKept = (app: string) => keep.apps.has(app) || use.apps.has(app)
    await this.#jobs.collect(isKept)
    const bytes = await this.#books.keepApps(isKept)
    const collected = await collectPlaces(this.#places, keep, use)
    return { ...collected, bytes: collected.bytes + bytes }
  }

  async forget(of: { app: string; environment?: string }): Promise<void> {
    await this.#jobs.forget(of)
    await this.#books.forget(of)
    await forgetPlace(this.#places, of)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    clearInterval(this.#timer)
    this.#changes.close()
    await this.#turns.settled()
    await this.#commands.close()
    await this.#jobs.letGo()
    await Promise.all([...this.#instances.values()].map((instance) => instance.letGo()))
    await this.#books.close()
  }

  #inUse(): InUse {
    const records = this.#present().map(({ record }) => record)
    const instances = {
      apps: new Set(records.map(({ set }) => set.app)),
      folders: new Set(records.map(({ folder }) => folder)),
    }
    const uses = [instances, this.#jobs.inUse(), this.#commands.inUse()]
    return {
      apps: new Set(uses.flatMap(({ apps }) => [...apps])),
      folders: new Set(uses.flatMap(({ folders }) => [...folders])),
    }
  }

  async #adoptOne(id: InstanceId): Promise<void> {
    const folder = join(this.#places.instances, id)
    const record = readRecord(folder)
    if (record === null) {
      this.#options.log.warn('removed what was left of an instance', { instance: id })
      await this.#options.ports.release(id)
      await removeTree(folder)
      return
    }
    const instance = await ProcessInstance.adopt(
      this.#surroundings(),
      record,
      await this.#books.of(record.set),
    )
    this.#instances.set(id, instance)
  }

  async #add(spec: InSlug<SetSpec>): Promise<void> {
    if (this.#closing.signal.aborted) throw new Error('the engine was closed')
    const id = `${spec.set.service}-${randomId()}`
    const instance = await ProcessInstance.begin(
      this.#surroundings(),
      id,
      spec,
      await this.#books.of(spec.set),
    )
    this.#instances.set(id, instance)
    this.#changes.tell()
  }

  #present(): ProcessInstance[] {
    return [...this.#instances.values()].filter((instance) => !instance.isGone)
  }

  #ofSet({ set }: InSlug<SetSpec>): ProcessInstance[] {
    const key = setKey(set)
    return this.#present().filter((it) => !it.isStopping && setKey(it.record.set) === key)
  }

  #look(): void {
    for (const [id, instance] of this.#instances) {
      if (instance.isGone) this.#instances.delete(id)
      else instance.look()
    }
    this.#jobs.look()
  }

  #surroundings(): Surroundings {
    return {
      ...this.#options,
      places: this.#places,
      space: this.#space,
      ...this.#scripts,
      closing: this.#closing.signal,
      changed: () => this.#changes.tell(),
    }
  }
}
