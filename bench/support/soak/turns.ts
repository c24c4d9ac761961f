import { ApiFailure } from '../../../src/contract/failure.ts'
import { isOver } from '../../../src/model/rollout.ts'
import {
  commandOf,
  type Naru,
  processesOf,
  type Ran,
  type Repository,
  until,
} from '../../../test/support/naru.ts'
import { type Act, handOver } from '../lossless/acts.ts'
import { type SoakApp, soakFiles, type Turn } from './apps.ts'

/** What is done with a deployment under way. Those that take the server away are for everybody. */
export const deeds = [
  'deploy',
  'deploy',
  'deploy',
  'kill-instance',
  'never-healthy',
  'fails-to-build',
  'abort',
  'rollback',
  'cut-push',
  'scale',
] as const
export const hardDeeds = ['kill-server', 'kill-router', 'hand-over'] as const
export type Deed = (typeof deeds)[number] | (typeof hardDeeds)[number]

const endsWithinMs = 120_000

/** What happens to one app, one thing after the other. */
export class Turns {
  #number = 0

  constructor(
    private readonly naru: Naru,
    readonly app: SoakApp,
    private readonly repository: Repository,
    private readonly random: () => number,
    private readonly done: Act[],
  ) {}

  /** Returns when nothing of it goes on any more, with what became of it in a word. */
  async take(deed: Deed): Promise<string> {
    const act: Act = { what: `${deed} ${this.app.name}`, from: Date.now(), to: null }
    this.done.push(act)
    const became = await this.#take(deed)
    await this.#quiet()
    act.to = Date.now()
    return became
  }

  async #take(deed: Deed): Promise<string> {
    switch (deed) {
      case 'deploy':
        return this.#said(await this.#push('good'), true)
      case 'never-healthy':
      case 'fails-to-build':
        return this.#said(await this.#push(deed), false)
      case 'rollback':
        return this.#rollback()
      case 'scale':
        return this.#scale()
      case 'cut-push':
        return this.#cutPush()
      case 'abort':
        return this.#during(async (number) => {
          await this.naru.client.abort(this.#place, number).catch(unlessRefused)
        }, null)
      case 'kill-instance':
        return this.#killedInstance()
      case 'kill-router':
        return this.#during(async () => this.#killRouter(), true)
      case 'hand-over':
        return this.#during(async () => {
          if (!(await handOver(this.naru))) throw new Error('this router cannot hand over')
        }, true)
      case 'kill-server':
        return this.#during(async () => {
          await this.naru.crash()
          await this.naru.up()
        }, null)
    }
  }

  /** Does something at a random moment of a deployment. `live`: whether it must be live then; null: either is right. */
  async #during(work: (number: number) => Promise<void>, live: boolean | null): Promise<string> {
    const before = await this.#newest()
    const pushed = this.#push('good')
    await until(async () => (await this.#newest()) > before, 'a deployment to begin', endsWithinMs)
    await this.#aWhile(2500)
    await work(await this.#newest())
    const ran = await pushed
    return live === null ? (ran.code === 0 ? 'live' : 'not live') : this.#said(ran, live)
  }

  #said({ code, output }: Ran, live: boolean): string {
    if ((code === 0) === live) return live ? 'live' : 'refused'
    throw new Error(`${this.app.name}: the push ${live ? 'failed' : 'went live'}:\n${output}`)
  }

  async #rollback(): Promise<string> {
    try {
      await this.naru.client.rollback(this.#place)
      return 'rolled back'
    } catch (error) {
      unlessRefused(error)
      return 'nothing to go back to'
    }
  }

  async #scale(): Promise<string> {
    const count = 1 + Math.floor(this.random() * 4)
    await this.naru.client.changeScale(this.#place, { set: { web: count } })
    await this.#serving(count)
    await this.naru.client.changeScale(this.#place, { unset: ['web'] })
    await this.#serving(this.app.replicas)
    return `scaled to ${count} and back`
  }

  async #serving(count: number): Promise<void> {
    await until(
      async () => {
        const { stable, instances } = await this.naru.status(this.app.name)
        const healthy = instances.filter(
          ({ release, service, health }) =>
            release === stable && service === 'web' && health === 'healthy',
        )
        return healthy.length === count
      },
      `${this.app.name} to have ${count} instances`,
      endsWithinMs,
    )
  }

  /** The pusher goes away in the middle: its deployment goes on, or there is none. */
  async #cutPush(): Promise<string> {
    this.#number += 1
    await this.repository.commit(soakFiles(this.app, this.#number, 'good'))
    const { child, ended } = this.repository.pushing()
    await this.#aWhile(1500)
    child.kill('SIGKILL')
    await ended
    return 'cut off'
  }

  /** Its end may come after that of the deployment: what was killed is started again. */
  async #killedInstance(): Promise<string> {
    const became = await this.#during(() => this.#killInstance(), null)
    await this.#serving(this.app.replicas)
    return became
  }

  async #killInstance(): Promise<void> {
    const instances = await this.naru.client.instances(this.#place)
    const living = instances.flatMap(({ pid }) => pid ?? [])
    const pid = living[Math.floor(this.random() * living.length)]
    if (pid === undefined) return
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself meanwhile, as those of a drained set do.
    }
  }

  #killRouter(): void {
    for (const pid of processesOf(this.naru.data))
      if (commandOf(pid).includes('router.cjs') && !commandOf(pid).startsWith('/bin/sh'))
        process.kill(pid, 'SIGKILL')
  }

  async #push(turn: Turn): Promise<Ran> {
    this.#number += 1
    await this.repository.commit(soakFiles(this.app, this.#number, turn))
    return this.repository.push()
  }

  async #quiet(): Promise<void> {
    let open = ''
    await until(
      async () => {
        const deployments = await this.naru.client.deployments(this.#place)
        const builds = await this.naru.client.builds(this.app.name)
        const left = [
          ...deployments.filter(({ status }) => !isOver(status)),
          ...builds.filter(({ status }) => status === 'queued' || status === 'running'),
        ]
        open = JSON.stringify(left)
        return left.length === 0
      },
      () => `deployments and builds of ${this.app.name} to end: ${open}`,
      endsWithinMs,
    )
  }

  async #newest(): Promise<number> {
    return (await this.naru.client.deployments(this.#place))[0]?.number ?? 0
  }

  get #place() {
    return this.naru.place(this.app.name)
  }

  #aWhile(mostMs: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.random() * mostMs))
  }
}

/** What was over already, or had nothing to go back to, is an answer. */
function unlessRefused(error: unknown): void {
  if (!(error instanceof ApiFailure)) throw error
}
