import { NaruError } from '../../src/base/error.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Build } from '../../src/model/build.ts'
import type { Deployment } from '../../src/model/deployment.ts'
import { type Place, placeKey } from '../../src/model/environment.ts'
import { isOver } from '../../src/model/rollout.ts'
import type { Commits } from './commits.ts'
import type { Ledger } from './ledger.ts'
import type { Server } from './server.ts'
import type { Surroundings } from './surroundings.ts'

type Answer = { build: Build } | { deployment: Deployment | null } | undefined

const apps = ['shop', 'blog']
const environments = ['production', 'staging']

/** How often each thing is wished for, out of all. */
const wishes = {
  push: 40,
  'push again': 4,
  receive: 6,
  rollback: 10,
  abort: 8,
  'cancel a build': 5,
  'change a setting': 8,
  'change a secret': 3,
  scale: 9,
  'deploy again': 3,
  'deploy a build': 4,
  promote: 4,
  'create an environment': 4,
  'destroy an environment': 1,
  'create an app': 3,
  'destroy an app': 0.6,
  'start a job': 3,
}

/** People who want things of Naru, whatever it is doing. */
export class Actors {
  constructor(
    private readonly around: Surroundings,
    private readonly commits: Commits,
    private readonly ledger: Ledger,
  ) {}

  /** One of them wants something. */
  act({ ...server }: Pick<Server, 'naru' | 'jobs' | 'life' | 'unanswered' | 'store'>): void {
    const { random } = this.around
    const place = { app: random.pick(apps), environment: random.pick(environments) }
    const wish = random.chance(0.3) ? this.#missing(place) : random.weighted(wishes)
    this.ask(server, `${wish} at ${placeKey(place)}`, place, () => this.#wish(server, wish, place))
  }

  /** Somebody makes what is not there, so that something happens. */
  #missing(place: Place): keyof typeof wishes {
    if (this.ledger.places.has(placeKey(place))) return 'push'
    const isApp = this.ledger.places.has(placeKey({ ...place, environment: 'production' }))
    return isApp ? 'create an environment' : 'create an app'
  }

  /** An answer to every wish: what was accepted, or why not. */
  ask(
    { life, unanswered }: Pick<Server, 'life' | 'unanswered'>,
    name: string,
    place: Place,
    wish: () => Promise<Answer>,
  ): void {
    const { trace, agenda, violate } = this.around
    const key = `${agenda.nowMs} ${name}`
    trace.line(`${key}?`)
    unanswered.add(key)
    wish().then(
      (answer) => {
        unanswered.delete(key)
        if (life.isDead) return
        trace.line(`${agenda.nowMs} ${name}: accepted`)
        if (answer === undefined) return
        if ('build' in answer) this.ledger.acknowledge('build', place, answer.build.number)
        else if (answer.deployment !== null)
          this.ledger.acknowledge('deployment', place, answer.deployment.number)
      },
      (error: unknown) => {
        unanswered.delete(key)
        if (life.isDead) return
        const code = error instanceof NaruError ? error.code : String(error)
        trace.line(`${agenda.nowMs} ${name}: ${code}`)
        const isNarus = error instanceof NaruError && code !== 'naru.broken'
        const isWorlds = life.isClosing || (error as Error).constructor.name === 'WorldFault'
        if (!isNarus && !isWorlds) violate(`${name} is answered with ${(error as Error).stack}`)
      },
    )
  }

  async #wish(
    { naru, jobs }: Pick<Server, 'naru' | 'jobs'>,
    wish: keyof typeof wishes,
    place: Place,
  ): Promise<Answer> {
    const { random } = this.around
    const by = random.pick(['ada', 'bob'])
    const known = this.ledger.places.get(placeKey(place))
    const { app } = place
    const number = random.between(1, 1 + (known?.deployments.size ?? 0))
    switch (wish) {
      case 'push':
        return { build: await naru.push(place, { commit: this.commits.make().name, by }) }
      case 'push again': {
        const commit = random.pick([...this.commits.all.slice(-3), this.commits.make()])
        return { build: await naru.push(place, { commit: commit.name, by }) }
      }
      case 'receive': {
        const commit = this.commits.make().name
        const ref = `refs/heads/${random.pick(['main', 'staging', 'other'])}`
        await naru.receive(app, { commit, ref, by })
        return undefined
      }
      case 'rollback': {
        const to = random.chance(0.6) ? undefined : number
        return { deployment: await naru.rollback(place, to, by) }
      }
      case 'abort': {
        const going = [...(known?.deployments.values() ?? [])].filter(
          ({ status }) => !isOver(status),
        )
        const wanted = going.length > 0 ? random.pick(going).number : number
        await naru.abort(place, wanted, by)
        return undefined
      }
      case 'cancel a build':
        await naru.cancelBuild(app, random.pick([...this.ledger.unfinishedBuilds(app), 1]), by)
        return undefined
      case 'change a setting': {
        const set = { MODE: String(random.between(1, 99)) }
        const deploy = random.chance(0.8)
        return { deployment: await naru.changeSettings(place, { set, unset: [], deploy }, by) }
      }
      case 'change a secret': {
        const set = { TOKEN: new Secret(`secret ${random.between(1, 99)}`) }
        const deploy = random.chance(0.8)
        return { deployment: await naru.changeSecrets(place, { set, unset: [], deploy }, by) }
      }
      case 'scale': {
        const service = random.pick(['web', 'web', 'worker'])
        const set = random.chance(0.8) ? { [service]: random.between(0, 4) } : {}
        const unset = Object.keys(set).length === 0 ? [service] : []
        await naru.changeScale(place, { set, unset, confirmed: random.chance(0.5) }, by)
        return undefined
      }
      case 'deploy again':
        return { deployment: await naru.deploy(place, { again: true }, by) }
      case 'deploy a build':
        return { deployment: await naru.deploy(place, { build: random.between(1, 9) }, by) }
      case 'promote': {
        const promote = random.pick(environments)
        return { deployment: await naru.deploy(place, { promote }, by) }
      }
      case 'create an environment': {
        const wanted = { environment: place.environment, branch: null, from: null }
        await naru.createEnvironment(app, wanted, by)
        return undefined
      }
      case 'destroy an environment':
        await naru.destroyEnvironment(place, by)
        return undefined
      case 'create an app':
        await naru.createApp(app, by)
        return undefined
      case 'destroy an app':
        await naru.destroyApp(app, by)
        return undefined
      case 'start a job':
        await jobs.start(place, 'migrate', by)
        return undefined
    }
  }
}
