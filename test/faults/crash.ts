import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeploymentView } from '../../src/contract/shapes.ts'
import { isOver, type Status } from '../../src/model/rollout.ts'
import { isAlive, Naru, type TestEngine, until } from '../support/naru.ts'
import { Visitors } from '../support/visitor.ts'
import { Subject } from './subject.ts'

/** A moment at which the server is killed, as `NARU_FAULT` names it. */
export type Fault = { when: string; what: string; name: string; nth?: number }

export type Scenario = {
  /** Files of the release that serves when the server is told to die. */
  first: Record<string, string>
  /** Of a release that has replaced it before that. */
  second?: Record<string, string>
  /** Leads to the fault, and starts the server again. */
  play: (crash: Crash) => Promise<void>
  /** How it ends: of which deployment, which release serves then, and of which releases every `web` is. */
  deployment: number
  ends: Status
  serving: number
  webs: number[]
  /** Requests fail with or without a crash. */
  mayFail?: boolean
  /** Whether the worker is not looked at: it is left as the deployment left it. */
  anyWorker?: boolean
}

/** One test a row, each with an app of its own, all on one Naru whose server dies in each of them. */
export function crashRows<Name extends string>(
  title: string,
  rows: readonly (Fault & { scenario: Name })[],
  scenarios: Readonly<Record<Name, Scenario>>,
  engine?: TestEngine,
): void {
  let naru: Naru
  let turn = 0

  beforeAll(async () => {
    naru = await Naru.started({}, engine)
  })
  afterAll(() => naru?.close())

  describe('a server that is killed', () => {
    it.each(rows)(
      title,
      async ({ scenario, ...fault }) => {
        turn += 1
        await Crash.row(naru, `app-${turn}`, fault, scenarios[scenario])
      },
      120_000,
    )
  })
}

/** One app whose server dies once, and what a test does about it. */
export class Crash extends Subject {
  /** From the first release to a whole world again. */
  static async row(naru: Naru, app: string, fault: Fault, scenario: Scenario): Promise<void> {
    if (!isAlive(naru.pid())) await naru.up() // The row before failed half-way.
    const crash = await Crash.serving(naru, app, scenario.first)
    if (scenario.second !== undefined) await crash.repository.deploy(scenario.second)
    const visitors = scenario.mayFail ? null : new Visitors(naru.http, `${app}.localhost`)
    await naru.crash()
    const { when, what, name, nth = 1 } = fault
    await naru.up({ NARU_FAULT: `${when}:${what}:${name}:${nth}`, ...shortly })

    await scenario.play(crash)

    const end = await crash.ended(scenario)
    await visitors?.stop()
    await crash.theWorldIsWhole(end, scenario)
    expect(visitors?.failures ?? []).toEqual([])
    await naru.client.destroyApp(app, app)
  }

  /** Does what leads to the fault, waits for the server to die there, and starts it again. */
  async untilTheCrash(lead: () => Promise<unknown>): Promise<void> {
    const pid = this.naru.pid()
    const led = lead().catch(() => {}) // The server dies under it: that is the point.
    await until(() => !isAlive(pid), 'the server to die at the fault')
    await led
    await this.naru.up(shortly)
  }

  /** Pushes; the server dies under the push. */
  deploy(files: Record<string, string>): Promise<void> {
    return this.untilTheCrash(() => this.repository.deploy(files))
  }

  /** The new release has the traffic when its old one, which is slow to come back, is killed. */
  async killOldWeb(): Promise<void> {
    const { instances } = await this.naru.status(this.app)
    const old = instances.find(({ service, release }) => service === 'web' && release === 1)
    process.kill(old?.pid ?? 0, 'SIGKILL')
    await until(async () => {
      const now = (await this.naru.status(this.app)).instances.find(({ id }) => id === old?.id)
      return now?.health !== 'healthy'
    }, 'the death to be noticed')
  }

  /** The scenario's deployment, when nothing more happens to it or to any later one. */
  async ended({ deployment, ends }: Scenario): Promise<DeploymentView> {
    const { naru, app } = this
    let all: DeploymentView[] = []
    await until(async () => {
      all = await naru.client.deployments(naru.place(app))
      const settled = all.every(({ status }) => isOver(status) || status === ends)
      const builds = await naru.client.builds(app)
      const built = builds.every(({ status }) => status !== 'queued' && status !== 'running')
      return settled && built && all.some(({ number }) => number === deployment)
    }, 'the deployment to end').catch((error: unknown) => {
      throw new Error(`${error}; there are ${JSON.stringify(all)}\n${naru.log()}`)
    })
    return all.find(({ number }) => number === deployment) as DeploymentView
  }

  async theWorldIsWhole(end: DeploymentView, scenario: Scenario): Promise<void> {
    const { naru, app } = this
    const { ends, serving, webs } = scenario
    expect(end.status).toBe(ends)
    const running = async (service: string): Promise<number[]> =>
      (await naru.status(app)).instances
        .filter((one) => one.service === service)
        .map(({ release }) => release)
        .sort()
    await until(async () => {
      const [web, worker] = [await running('web'), await running('worker')]
      return `${web}` === `${webs}` && (scenario.anyWorker || `${worker}` === `${serving}`)
    }, `web of ${webs} and the worker of ${serving}`).catch(async (error: unknown) => {
      throw new Error(
        `${error}; there are web ${await running('web')}, worker ${await running('worker')}\n${naru.log()}`,
      )
    })
    // A blocked rollback may decide for the other release once more while this looks.
    await until(
      async () =>
        (await naru.status(app)).serving === serving &&
        (await naru.visit(app)).body === `v${serving}`,
      `v${serving} to be what serves`,
    )
  }
}

/** An effect that does not come true is told soon. */
export const shortly = { NARU_STUCK_AFTER_MS: '1500' }
