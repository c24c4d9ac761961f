import { NaruError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { EngineState } from '../contract/engine-shapes.ts'
import { Daemon } from '../engine/docker/daemon.ts'
import { type DockerEngine, dockerEngine } from '../engine/docker/docker-engine.ts'
import type { Engine } from '../engine/engine.ts'
import { isAway, SeveralEngines } from '../engine/engines.ts'
import type { Images } from '../engine/images.ts'
import { LogBooks } from '../engine/log/log-books.ts'
import type { Account } from '../engine/process/account.ts'
import { places } from '../engine/process/places.ts'
import { processEngine } from '../engine/process/process-engine.ts'
import type { EngineChoice, EngineName, EngineReason } from '../model/engine.ts'
import { listApps, requireApp } from '../store/apps.ts'
import { usesImages } from '../store/artifacts.ts'
import { readEngineChoice, saveEngineChoice } from '../store/engine-choice.ts'
import { portBook } from '../store/ports.ts'
import type { Store } from '../store/store.ts'

/** The engines of one server: the processes' always, Docker's from when it is first chosen or has something of ours. */
export class Engines {
  readonly engine: SeveralEngines
  #docker: Promise<DockerEngine> | null = null
  #images: Images | null = null

  private constructor(
    processes: Engine,
    private readonly open: () => Promise<DockerEngine>,
    private readonly store: Store,
  ) {
    this.engine = new SeveralEngines(
      processes,
      async (engine, app) => engine === 'process' || usesImages(store.db, app),
    )
  }

  /** Takes over what runs. Where the Docker Engine does not answer, that is not waited for. */
  static async open(
    folder: string,
    store: Store,
    account: Account | null,
    log: Log,
  ): Promise<Engines> {
    const withDocker =
      (await readEngineChoice(store.db))?.engine === 'docker' || (await usesImages(store.db))
    const books = new LogBooks(places(folder).logs, withDocker ? 2 : 1)
    const processes = await processEngine({
      folder,
      ports: portBook(store),
      books,
      groupOf: async (app) => (await requireApp(store.db, app)).group,
      account,
      log,
    })
    const open = async () => dockerEngine({ folder, daemon: await Daemon.open(), books, log })
    const opened = new Engines(processes, open, store)
    if (withDocker) await opened.#openDocker()
    return opened
  }

  /** What builds images; null while nothing is built for Docker. */
  get images(): Images | null {
    return this.#images
  }

  /** Makes it ready to be built for. Throws `engine.unavailable`. */
  async use(name: EngineName): Promise<void> {
    if (name === 'process') return
    await Daemon.version()
    await this.#openDocker()
  }

  /** How each of them is. */
  async look(): Promise<EngineState[]> {
    const docker = { name: 'docker' as const, exposed: (await this.#docker)?.exposed ?? null }
    const state = await Daemon.version().then(
      (version) => ({ ...docker, version, away: null }),
      (error: unknown) => {
        if (!isAway(error)) throw error
        return { ...docker, version: null, away: error.facts.reason }
      },
    )
    return [{ name: 'process', version: null, away: null, exposed: null }, state]
  }

  /** Ends all that runs, each engine by itself: one that does not answer keeps no other from it. Throws `server.apps-left`. */
  async endAll(graceSeconds: number): Promise<void> {
    const ends = await Promise.allSettled(
      this.engine.each.map((one) => endAllOf(one, graceSeconds)),
    )
    for (const end of ends) {
      if (end.status === 'fulfilled') continue
      const error: unknown = end.reason
      if (!isAway(error)) throw error
      if (await usesImages(this.store.db)) throw new NaruError('server.apps-left', error.facts)
    }
  }

  async #openDocker(): Promise<void> {
    if (this.#docker !== null) return void (await this.#docker)
    this.#docker = this.open()
    const docker = await this.#docker
    this.#images = docker.images
    this.engine.add(docker)
  }
}

/**
 * Chooses what is built for where an environment says nothing, and keeps that: what was asked for; else what was chosen
 * before there were apps; else Docker where an engine of it answers. `asked`: what this start was told, where nobody had asked for anything yet.
 */
export async function settleEngine(
  store: Store,
  asked: EngineName | null,
  now: () => Date,
): Promise<EngineChoice> {
  const kept = await readEngineChoice(store.db)
  if (kept?.why.kind === 'asked') return kept
  const hasApps = (await listApps(store.db)).length > 0
  if (asked === null && hasApps && kept !== null) return kept
  const chosen = { ...(await choose(asked, hasApps)), at: now().toISOString() }
  await store.write((db) => saveEngineChoice(db, chosen))
  return chosen
}

async function choose(
  asked: EngineName | null,
  hasApps: boolean,
): Promise<{ engine: EngineName; why: EngineReason }> {
  if (asked !== null) return { engine: asked, why: { kind: 'asked', by: 'naru up' } }
  if (hasApps) return { engine: 'process', why: { kind: 'before' } }
  try {
    await Daemon.version()
    return { engine: 'docker', why: { kind: 'answers' } }
  } catch (error) {
    if (!isAway(error)) throw error
    return { engine: 'process', why: { kind: 'silent', reason: error.facts.reason } }
  }
}

async function endAllOf(engine: Engine, graceSeconds: number): Promise<void> {
  try {
    const instances = await engine.list()
    await engine.stop(
      instances.map(({ id }) => id),
      graceSeconds,
    )
    await engine.endRuns({}, graceSeconds)
  } finally {
    await engine.close()
  }
}
