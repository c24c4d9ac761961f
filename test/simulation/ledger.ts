import { type BuildStatus, buildMoves } from '../../src/model/build.ts'
import { type Place, placeKey } from '../../src/model/environment.ts'
import type { NaruEvent } from '../../src/model/event.ts'
import { isOver, moves, type Status } from '../../src/model/rollout.ts'
import type { Strategy } from '../../src/model/spec.ts'
import type { Surroundings } from './surroundings.ts'

export type KnownDeployment = {
  number: number
  release: number
  status: Status
  kind: 'release' | 'rollback'
  /** When its release got all the traffic. */
  liveMs: number | null
  settleMs: number
  strategy: Strategy
  /** What it replaces; as far as the log says so. */
  from: number | null
  hasEnded: boolean
}

export type KnownBuild = { number: number; status: BuildStatus }

/** An environment as the log of events tells it. */
export type KnownPlace = {
  place: Place
  stable: number | null
  deployments: Map<number, KnownDeployment>
  /** Runs of jobs that have begun and not ended. */
  runs: Set<number>
  /** Jobs that have succeeded, "v3 migrate". */
  succeeded: Set<string>
}

type App = { builds: Map<number, KnownBuild> }

/** What somebody was told is accepted. */
type Wish = {
  of: 'build' | 'deployment'
  place: Place
  number: number
  app: App
  known: KnownPlace | undefined
}

/** Reads the log of events as it is written, and sees to it that the story it tells is one that may happen. */
export class Ledger {
  readonly places = new Map<string, KnownPlace>()
  readonly #apps = new Map<string, App>()
  readonly #wishes: Wish[] = []
  lastId = 0
  /** How often what happened. */
  readonly counts: Record<string, number> = {}

  constructor(private readonly around: Surroundings) {}

  read(event: NaruEvent): void {
    if (event.id !== this.lastId + 1)
      this.#violate(`event ${event.id} follows ${this.lastId} in the log`)
    this.lastId = event.id
    this.counts[event.kind] = (this.counts[event.kind] ?? 0) + 1
    const { nowMs } = this.around.agenda
    this.around.trace.line(
      `${nowMs} event ${event.id} ${event.app}/${event.environment} ${event.kind} ${told(event)}`,
    )
    this.#take(event)
  }

  /** The wish was accepted: from now on it must not be lost. */
  acknowledge(of: Wish['of'], { app, environment }: Place, number: number): void {
    const place = { app, environment }
    const known = this.places.get(placeKey(place))
    const its = this.#apps.get(app)
    if (its === undefined || known === undefined) return // Destroyed in the same moment.
    const there = of === 'build' ? its.builds.has(number) : known.deployments.has(number)
    if (!there)
      this.#violate(`${of} ${number} of ${placeKey(place)} was accepted and is not in the log`)
    this.#wishes.push({ of, place, number, app: its, known })
  }

  /** Accepted wishes whose end is not known, of what still exists. */
  unanswered(): string[] {
    return this.#wishes
      .filter(({ place, app, known }) => {
        const isThere = this.places.get(placeKey(place)) === known
        return isThere && this.#apps.get(place.app) === app
      })
      .filter(({ of, number, app, known }) => {
        if (of === 'build') return buildMoves[app.builds.get(number)?.status ?? 'queued'].length > 0
        const status = known?.deployments.get(number)?.status
        return status === undefined || (!isOver(status) && status !== 'blocked')
      })
      .map(({ of, place, number }) => `${of} ${number} of ${placeKey(place)}`)
  }

  unfinishedBuilds(app: string): number[] {
    return [...(this.#apps.get(app)?.builds.values() ?? [])]
      .filter(({ status }) => buildMoves[status].length > 0)
      .map(({ number }) => number)
  }

  get accepted(): number {
    return this.#wishes.length
  }

  running(place: Place): KnownDeployment | undefined {
    return [...(this.places.get(placeKey(place))?.deployments.values() ?? [])].find(
      ({ status }) => status !== 'queued' && !isOver(status),
    )
  }

  #take(event: NaruEvent): void {
    const { app, environment } = event
    if (app === null) return
    if (event.kind === 'app.created') {
      this.#apps.set(app, { builds: new Map() })
      this.#create({ app, environment: 'production' })
      return
    }
    if (event.kind === 'app.destroyed') {
      this.#apps.delete(app)
      for (const [key, { place }] of this.places) if (place.app === app) this.places.delete(key)
      return
    }
    if (environment === null) return
    const place = { app, environment }
    if (event.kind === 'environment.created') this.#create(place)
    else if (event.kind === 'environment.destroyed') this.places.delete(placeKey(place))
    else this.#takeOf(place, event)
  }

  #takeOf(place: Place, event: NaruEvent): void {
    const known = this.places.get(placeKey(place))
    const its = this.#apps.get(place.app)
    if (known === undefined || its === undefined) {
      // A route that is gone may still have been served.
      if (event.kind !== 'route.refused')
        this.#violate(`${event.kind} of ${placeKey(place)}, which does not exist`)
      return
    }
    this.#takeBuild(event, its)
    this.#takeDeployment(event, known)
    this.#takeRun(event, known)
  }

  #create(place: Place): void {
    this.places.set(placeKey(place), {
      place,
      stable: null,
      deployments: new Map(),
      runs: new Set(),
      succeeded: new Set(),
    })
  }

  #takeBuild(event: NaruEvent, { builds }: App): void {
    const move = (number: number, to: BuildStatus): void => {
      const build = builds.get(number)
      const from = build?.status ?? 'queued'
      // That a build went back into the queue after a crash is not told.
      const again = from === 'running' && to === 'running'
      if (build === undefined) this.#violate(`build ${number} is ${to}, and was never queued`)
      else if (!again && !buildMoves[from].includes(to))
        this.#violate(`build ${number} goes from ${from} to ${to}`)
      else build.status = to
    }
    switch (event.kind) {
      case 'build.queued': {
        const number = event.data.build
        if (builds.has(number)) this.#violate(`build ${number} is queued twice`)
        builds.set(number, { number, status: 'queued' })
        return
      }
      case 'build.started':
        move(event.data.build, 'running')
        return
      case 'build.succeeded':
        move(event.data.build, 'succeeded')
        return
      case 'build.failed':
        move(event.data.build, 'failed')
        return
      case 'build.superseded':
      case 'build.overtaken':
        move(event.data.build, 'superseded')
        return
      case 'build.cancelled':
        move(event.data.build, 'cancelled')
        return
      default:
    }
  }

  #takeDeployment(event: NaruEvent, known: KnownPlace): void {
    if (event.kind === 'deployment.queued') {
      const { deployment: number, release, kind } = event.data
      if (known.deployments.has(number)) this.#violate(`deployment ${number} is queued twice`)
      known.deployments.set(number, {
        number,
        release,
        kind,
        status: 'queued',
        liveMs: null,
        settleMs: 0,
        strategy: 'blue-green',
        from: known.stable,
        hasEnded: false,
      })
      return
    }
    if (event.kind === 'stable.moved') this.#takeStable(event.data, known)
    if (!('deployment' in event.data) || event.data.deployment === undefined) return
    const it = known.deployments.get(event.data.deployment)
    if (it === undefined) {
      this.#violate(`${event.kind} of deployment ${event.data.deployment}, never queued`)
      return
    }
    if (it.hasEnded && !event.kind.startsWith('job.'))
      this.#violate(`${event.kind} of deployment ${it.number}, which has ended`)
    if (event.kind === 'deployment.strategy') {
      it.strategy = event.data.strategy
      it.from = event.data.from
    }
    if (event.kind === 'deployment.ended') {
      if (event.data.status !== it.status)
        this.#violate(`deployment ${it.number} ended ${event.data.status} and is ${it.status}`)
      it.hasEnded = true
    }
    if (event.kind === 'deployment.moved') this.#move(event.data, it, known, this.#decidedMs(event))
  }

  #move(
    { from, to, settleSeconds }: { from: Status; to: Status; settleSeconds: number },
    it: KnownDeployment,
    known: KnownPlace,
    /** When it was decided. */
    atMs: number,
  ): void {
    if (from !== it.status)
      this.#violate(`deployment ${it.number} is ${it.status} and moves from ${from} to ${to}`)
    if (!isReachable(from, to)) this.#violate(`deployment ${it.number} goes from ${from} to ${to}`)
    const other = this.running(known.place)
    it.status = to
    if (other !== undefined && other !== it && to !== 'queued' && !isOver(to))
      this.#violate(
        `deployments ${other.number} and ${it.number} of ${placeKey(known.place)} run at the same time`,
      )
    it.settleMs = settleSeconds * 1000
    if (to === 'baking') it.liveMs = atMs
    if (to !== 'promoting') return
    if (it.liveMs === null || this.around.agenda.nowMs - it.liveMs < it.settleMs)
      this.#violate(`deployment ${it.number} is promoted before its release has settled`)
  }

  #takeStable({ from, to }: { from: number | null; to: number }, known: KnownPlace): void {
    if (from !== known.stable)
      this.#violate(`the stable pointer moves from ${from}, and was at ${known.stable}`)
    const running = this.running(known.place)
    if (running?.status !== 'promoting' || running.release !== to)
      this.#violate(`the stable pointer moves to v${to} while that is not being promoted`)
    known.stable = to
  }

  #takeRun(event: NaruEvent, known: KnownPlace): void {
    if (event.kind === 'job.started') known.runs.add(event.data.run)
    if (event.kind !== 'job.ended') return
    if (!known.runs.delete(event.data.run))
      this.#violate(`run ${event.data.run} ends, and does not run`)
    if (event.data.status !== 'succeeded') return
    const key = `v${event.data.release} ${event.data.job}`
    const byDeployment = event.data.deployment !== undefined
    if (byDeployment && known.succeeded.has(key)) this.#violate(`job ${key} succeeded twice`)
    if (byDeployment) known.succeeded.add(key)
  }

  /** It was written a moment later, during which the clock may have been set. */
  #decidedMs({ at }: NaruEvent): number {
    const { agenda, wall } = this.around
    const agoMs = wall().getTime() - Date.parse(at)
    return agoMs >= 0 && agoMs < 1_800_000 ? agenda.nowMs - agoMs : agenda.nowMs - 1_800_000
  }

  #violate(what: string): void {
    this.around.violate(what)
  }
}

/** Its data, without what is random for real. */
const told = ({ data }: NaruEvent): string =>
  JSON.stringify(data).replace(/"report":"\w+"/, '"report":""')

/** One event may pass through a state: dead while it is watched, with nothing to go back to, and so on. */
function isReachable(from: Status, to: Status, depth = 3): boolean {
  return (
    moves[from].includes(to) ||
    (depth > 0 && moves[from].some((next) => isReachable(next, to, depth - 1)))
  )
}
