import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { NaruError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
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
import type { Images } from '../images.ts'
import type { LogBooks } from '../log/log-books.ts'
import { readLog } from '../log/log-reader.ts'
import { Turns } from '../turns.ts'
import { Absence } from './absence.ts'
import { collectImages } from './collect.ts'
import { Commands } from './commands.ts'
import { type Daemon, refusalOf } from './daemon.ts'
import { imageOf, requireImage } from './environment.ts'
import { changesIt, hearEvents } from './events.ts'
import { Wall } from './firewall.ts'
import { type InstanceIdentity, identityOf } from './identity.ts'
import { DockerImages } from './images/docker-images.ts'
import { DockerInstance } from './instance.ts'
import { InstanceMaker } from './instance-maker.ts'
import { Jobs } from './jobs.ts'
import { filterOf, label } from './labels.ts'
import { Networks } from './networks.ts'
import { serverId } from './server-id.ts'
import type { DockerSurroundings } from './surroundings.ts'
import { usageOf } from './usage.ts'
import { makeVolumes, removeVolumes } from './volumes.ts'

export type DockerEngineOptions = {
  /** Naru's data folder. */
  folder: string
  daemon: Daemon
  /** Of the data folder; closed with the engine. */
  books: LogBooks
  log: Log
}

export type DockerEngine = Engine & {
  readonly name: 'docker'
  readonly server: string
  readonly images: Images
  /** Why containers can reach the ports of this machine; null while they cannot. */
  readonly exposed: string | null
}

/** How often all is looked through, whatever was heard. */
const lookEveryMs = 10_000

/**
 * Runs instances as containers of a Docker Engine, which outlive the server. What runs is what the daemon lists with this
 * server's label: those of the server before are taken over. Returns at once; `list` waits until the daemon has answered.
 */
export async function dockerEngine(options: DockerEngineOptions): Promise<DockerEngine> {
  const folder = join(options.folder, 'docker')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const engine = new Containers(options, folder, await serverId(folder))
  engine.begin()
  return engine
}

class Containers implements DockerEngine {
  readonly name = 'docker'
  readonly can = { limits: true, volumes: true, exec: true }
  readonly images: Images
  readonly #around: DockerSurroundings
  /** By container. */
  readonly #instances = new Map<string, DockerInstance>()
  readonly #adopting = new Map<string, Promise<DockerInstance>>()
  readonly #changes = new Changes()
  readonly #absence = new Absence()
  readonly #turns = new Turns()
  readonly #closing = new AbortController()
  readonly #jobs: Jobs
  readonly #commands: Commands
  readonly #maker: InstanceMaker
  readonly #wall: Wall
  #looking: Promise<unknown> = Promise.resolve()
  #firstLook: Promise<void>
  #hasLooked: () => void = () => {}
  #timer: NodeJS.Timeout | undefined
  #hearing: Promise<void> = Promise.resolve()
  /** Whether it has answered once. */
  #knows = false
  /** Why the daemon does not answer; null while it does. */
  #unavailable: NaruError | null = null

  constructor(
    { daemon, books, log }: DockerEngineOptions,
    folder: string,
    readonly server: string,
  ) {
    this.images = new DockerImages(daemon, server)
    this.#around = {
      daemon,
      server,
      folder: join(folder, 'instances'),
      networks: new Networks(daemon, server),
      books,
      log,
      closing: this.#closing.signal,
      endedByDaemon: (atMs) => this.#absence.has(atMs),
      changed: () => this.#changes.tell(),
    }
    this.#jobs = new Jobs(this.#around, join(folder, 'jobs'))
    this.#commands = new Commands(this.#around)
    this.#maker = new InstanceMaker(this.#around)
    this.#wall = new Wall(log)
    this.#firstLook = new Promise((resolve) => {
      this.#hasLooked = resolve
    })
  }

  get exposed(): string | null {
    return this.#wall.exposed
  }

  begin(): void {
    this.#wall.keep()
    const on = {
      connected: () => {
        this.#absence.end()
        this.#lookSoon(true)
      },
      lost: () => this.#absence.begin(),
      missed: () => this.#lookSoon(),
      heard: ({ container, action }: { container: string; action: string }) => {
        const instance = this.#instances.get(container)
        if (action === 'kill') instance?.noteKill()
        else if (instance !== undefined && changesIt(action)) this.#background(instance.refresh())
        else if (action === 'create' || action === 'start') this.#lookSoon()
      },
    }
    this.#hearing = hearEvents(this.#around, on, this.#closing.signal)
    this.#timer = setInterval(() => {
      this.#lookSoon()
      this.#wall.keep()
    }, lookEveryMs)
  }

  async prepare(release: Release, body: ArtifactBody): Promise<void> {
    const { app, number, artifact, environment } = release
    await requireImage(this.#around, imageOf(body), { app, release: number, digest: artifact })
    await this.#around.networks.of({ app, environment })
    const names = Object.values(release.services).flatMap(({ volumes }) => Object.keys(volumes))
    await makeVolumes(this.#around.daemon, this.server, { app, environment }, new Set(names))
  }

  ensure(spec: SetSpec, count: number): Promise<void> {
    return this.#turns.run(setKey(spec.set), async () => {
      await this.#looked()
      const present = this.#ofSet(spec)
      for (const instance of present) instance.provide()
      const missing = Math.max(0, count - present.length)
      const added = await Promise.allSettled(Array.from({ length: missing }, () => this.#add(spec)))
      const failed = added.find(({ status }) => status === 'rejected')
      if (failed?.status === 'rejected') throw failed.reason
    })
  }

  async stop(instances: InstanceId[], graceSeconds: number): Promise<void> {
    await this.#looked()
    await Promise.all(instances.map((id) => this.#find(id)?.stop(graceSeconds)))
  }

  async list(filter: InstanceFilter = {}): Promise<Instance[]> {
    await this.#known()
    await Promise.all(this.#present().map(({ looked }) => looked))
    const views = this.#present().map((instance) => instance.view())
    return views.filter(({ set }) => fits(set, filter))
  }

  async run(job: JobRun, cancel?: AbortSignal): Promise<JobEnd> {
    await this.#looked()
    return this.#jobs.run(job, cancel)
  }

  open(command: CommandRun): Promise<OpenCommand> {
    return this.#commands.open(command)
  }

  async exec({ instance: id, ...command }: InstanceCommand): Promise<OpenCommand> {
    await this.#looked()
    const instance = this.#find(id)
    if (instance?.pid == null)
      throw new NaruError('instance.gone', { ...command.place, instance: id })
    return this.#commands.openIn(instance.identity.container, command)
  }

  async endRuns(filter: RunFilter, graceSeconds: number): Promise<void> {
    await Promise.all([
      this.#jobs.end(filter, graceSeconds),
      this.#commands.end(filter, graceSeconds),
    ])
  }

  async usage(filter: InstanceFilter = {}): Promise<Usage[]> {
    await this.#known()
    const wanted = this.#present().filter(({ identity }) => fits(identity.set, filter))
    const used = await Promise.all(wanted.map((instance) => usageOf(this.#around, instance)))
    return used.filter((usage) => usage !== null)
  }

  watch(listener: () => void): Unsubscribe {
    return this.#changes.watch(listener)
  }

  async *logs(filter: LogFilter, signal?: AbortSignal): AsyncGenerator<LogLine> {
    yield* readLog(await this.#around.books.of(filter), filter, signal)
  }

  async collect(keep: Keep): Promise<Collected> {
    await this.#looked()
    const used = new Set(this.#present().map(({ identity }) => identity.set.app))
    const isKept = (app: string) => keep.apps.has(app) || used.has(app)
    await this.#jobs.collect(isKept)
    await this.#around.books.keepApps(isKept)
    await this.#around.networks.removeOthers(({ app }) => isKept(app))
    return collectImages(this.#around, keep)
  }

  async forget(of: { app: string; environment?: string }): Promise<void> {
    await this.#jobs.forget(of)
    await this.#around.books.forget(of)
    await this.#around.networks.removeOthers(
      ({ app, environment }) =>
        app !== of.app || (of.environment !== undefined && environment !== of.environment),
    )
    await removeVolumes(this.#around.daemon, this.server, of)
  }

  async close(): Promise<void> {
    await this.#commands.close()
    this.#closing.abort()
    this.#hasLooked() // Who waits for it is told that the engine is closed.
    clearInterval(this.#timer)
    this.#changes.close()
    await this.#turns.settled()
    await Promise.all([this.#looking, this.#hearing, this.#wall.settled])
    await this.#jobs.letGo()
    await Promise.all([...this.#instances.values()].map((instance) => instance.letGo()))
    await this.#around.books.close()
  }

  // How it knows what there is

  /** Waits for the first complete list; a daemon that does not answer is said at once. */
  async #looked(): Promise<void> {
    await this.#firstLook
    if (this.#closing.signal.aborted) throw closedError()
    if (this.#unavailable !== null) throw this.#unavailable
  }

  /** The same, but with what was known when it answered last: an instance that nobody can ask about has not changed for that. */
  async #known(): Promise<void> {
    await this.#firstLook
    if (this.#closing.signal.aborted) throw closedError()
    if (this.#unavailable !== null && !this.#knows) throw this.#unavailable
  }

  /** `unheard`: what happened until now is not known, so that every container is asked for. */
  #lookSoon(unheard = false): void {
    this.#looking = this.#looking.then(() => this.#look(unheard))
  }

  async #look(unheard: boolean): Promise<void> {
    if (this.#closing.signal.aborted) return
    try {
      await this.#lookThrough(unheard || this.#unavailable !== null)
      if (this.#unavailable !== null) this.#around.log.info('the Docker Engine answers again', {})
      this.#unavailable = null
      if (!this.#knows) await this.#around.books.settle(new Set(this.#logged()))
      this.#knows = true
      this.#hasLooked()
    } catch (error) {
      if (error instanceof NaruError && error.code === 'engine.unavailable') {
        if (this.#unavailable === null)
          this.#around.log.warn('the Docker Engine does not answer', { ...error.facts })
        this.#unavailable = error
        this.#hasLooked()
      } else this.#around.log.error('what runs could not be looked through', error)
    }
  }

  async #lookThrough(unheard: boolean): Promise<void> {
    const { daemon, log } = this.#around
    const found = await daemon.call((docker, abortSignal) =>
      docker.listContainers({
        all: true,
        filters: filterOf(this.server, { [label.kind]: 'instance' }),
        abortSignal,
      }),
    )
    await Promise.all(
      found.map(async (listed) => {
        const { Id, Labels } = listed
        const known = this.#instances.get(Id)
        if (known !== undefined)
          return unheard || known.differsFrom(listed) ? known.refresh() : undefined
        const identity = identityOf(Id, Labels)
        if (identity !== null) await this.#adopt(identity)
        else log.warn('a container with this server’s label is unknown to it', { container: Id })
      }),
    )
    const ids = new Set(found.map(({ Id }) => Id))
    for (const [container, instance] of this.#instances) {
      if (instance.isGone) this.#instances.delete(container)
      else if (!ids.has(container)) await instance.refresh()
    }
    await this.#jobs.adopt()
    await this.#commands.endLeftovers()
  }

  /** One of them for a container, whoever finds it first: who made it, or a look. */
  #adopt(identity: InstanceIdentity): Promise<DockerInstance> {
    const { container } = identity
    const known = this.#adopting.get(container)
    if (known !== undefined) return known
    const adopting = this.#adoptOne(identity).finally(() => this.#adopting.delete(container))
    this.#adopting.set(container, adopting)
    return adopting
  }

  async #adoptOne(identity: InstanceIdentity): Promise<DockerInstance> {
    const known = this.#instances.get(identity.container)
    if (known !== undefined) return known
    const instance = await DockerInstance.adopt(this.#around, identity)
    this.#instances.set(identity.container, instance)
    this.#changes.tell()
    return instance
  }

  // How it makes more

  async #add(spec: SetSpec): Promise<void> {
    if (this.#closing.signal.aborted) throw closedError()
    const identity = await this.#maker.make(spec, () => this.#addresses())
    const instance = await this.#adopt(identity)
    instance.provide()
  }

  #addresses(): Set<string> {
    const held = [...this.#instances.values()].filter(({ isGone }) => !isGone)
    return new Set(held.map(({ identity }) => identity.kept.host))
  }

  #find(id: InstanceId): DockerInstance | undefined {
    return this.#present().find((instance) => instance.id === id)
  }

  #present(): DockerInstance[] {
    return [...this.#instances.values()].filter(({ isGone }) => !isGone)
  }

  /** Whose output is still being read. */
  #logged(): InstanceId[] {
    return [...this.#present().map(({ id }) => id), ...this.#jobs.logged()]
  }

  #ofSet({ set }: SetSpec): DockerInstance[] {
    const key = setKey(set)
    return this.#present().filter((it) => !it.isStopping && setKey(it.identity.set) === key)
  }

  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (this.#closing.signal.aborted) return
      this.#around.log.warn('how an instance is could not be asked', { reason: refusalOf(error) })
    })
  }
}

const closedError = (): Error => new Error('the engine was closed')
