import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventView } from '../../../src/contract/shapes.ts'
import type { Naru } from '../../../test/support/naru.ts'
import { until } from '../../../test/support/naru.ts'
import { type Act, Acts } from './acts.ts'
import { type AppKind, ledgerApp } from './app.ts'
import { type Failure, judge } from './judge.ts'
import { randomOf, shuffled } from './random.ts'
import { Traffic } from './traffic.ts'
import type { Summary } from './traffic-shape.ts'

export type Wish = {
  app: string
  kind: AppKind
  /** At least so many, and until all of the acts are done. */
  requests: number
  perSecond: number
  slowMs: number
  uploadBytes: number
  deployments: number
  rollbacks: number
  aborts: number
  kills: number
  handOvers: number
  seed: number
  /** How long nothing is done at first, in seconds. */
  calmSeconds: number
  /** Done after the calm, before everything else: what must be seen as a loss, in a test of the test. */
  during?: () => Promise<unknown>
}

export type Outcome = {
  failures: Failure[]
  summary: Summary
  perSecond: number
  /** Streams that ended with their instance's drain. */
  streams: number
  /** Questions that the router answered with its own 503. */
  down: number
  acts: Act[]
  /** Hand-overs that this router did not know how to do. */
  skipped: number
  /** What the deployments told around each of the first failures. */
  stories: string[]
}

/** Has visitors ask without a pause while everything of the wish is done to one app, in an order that the seed decides. */
export async function lossless(
  naru: Naru,
  wish: Wish,
  say: (text: string) => void,
): Promise<Outcome> {
  const { app, kind, seed, requests } = wish
  const folder = join(naru.folder, `lossless-${app}`)
  mkdirSync(folder)
  chmodSync(folder, 0o755)
  const [ledger, sent] = [join(folder, 'ledger'), join(folder, 'sent')]
  writeFileSync(ledger, '')
  chmodSync(ledger, 0o666) // Instances may run as another user.
  const files = (turn: number) => ledgerApp(kind, ledger, turn)
  const repository = await naru.repository(app, files(0))
  const first = await repository.push()
  if (first.code !== 0) throw new Error(`the first push failed:\n${first.output}`)
  const acts = new Acts(naru, repository, files, randomOf(seed))
  const traffic = await Traffic.start(folder, {
    port: naru.http,
    host: `${app}.localhost`,
    sent,
    perSecond: wish.perSecond,
    slowMs: wish.slowMs,
    uploadBytes: wish.uploadBytes,
    mayBeDown: kind.strategy === 'recreate',
  })
  const started = performance.now()
  let skipped = 0
  try {
    await new Promise((resolve) => setTimeout(resolve, wish.calmSeconds * 1000))
    traffic.phase('during')
    await wish.during?.()
    const todo = planned(wish)
    for (const [at, act] of todo.entries()) {
      say(
        `${app}: ${act} (${at + 1} of ${todo.length}), ${traffic.requests} requests, ${traffic.failures.length} failed`,
      )
      traffic.mustLive()
      if ((await acts[act]()) === false) skipped += 1
    }
    traffic.phase('calm')
    await until(
      () => {
        traffic.mustLive()
        return traffic.requests >= requests
      },
      `${requests} requests`,
      3_600_000,
    )
    const perSecond = traffic.requests / ((performance.now() - started) / 1000)
    const summary = await traffic.stop()
    const account = {
      ledger,
      sent,
      graceSeconds: kind.graceSeconds,
      mayBeDown: kind.strategy === 'recreate',
    }
    const failures = judge(traffic, summary, acts.done, account)
    return {
      failures,
      summary,
      perSecond,
      streams: traffic.streams.length,
      down: traffic.down.length,
      acts: acts.done,
      skipped,
      stories: await stories(naru, app, failures.slice(0, 5)),
    }
  } catch (error) {
    for (const { at, lane, what } of traffic.failures.slice(0, 20))
      say(`${new Date(at).toISOString()} ${lane}: ${what}`)
    throw error
  } finally {
    traffic.kill()
  }
}

/** In any order, but first a deployment, so that there is one to go back from, and none goes back twice running. */
function planned({ seed, ...wish }: Wish) {
  const others = [
    ...Array.from({ length: wish.deployments - wish.rollbacks - 1 }, () => ['deploy'] as const),
    ...Array.from({ length: wish.rollbacks }, () => ['rollback', 'deploy'] as const),
    ...Array.from({ length: wish.aborts }, () => ['abort'] as const),
    ...Array.from({ length: wish.kills }, () => ['killServer'] as const),
    ...Array.from({ length: wish.handOvers }, () => ['handOver'] as const),
  ]
  return ['deploy' as const, ...shuffled(others, randomOf(seed + 1)).flat()]
}

/** A few lines for each failure: which steps the deployments took within three seconds of it. */
async function stories(naru: Naru, app: string, failures: readonly Failure[]): Promise<string[]> {
  if (failures.length === 0) return []
  const place = naru.place(app)
  const events: { number: number; event: EventView }[] = []
  for (const { number } of await naru.client.deployments(place))
    for (const event of (await naru.client.deployment(place, number)).events)
      events.push({ number, event })
  return failures.flatMap(({ at, lane }) => {
    if (at === null) return []
    const near = events.filter(({ event }) => Math.abs(Date.parse(event.at) - at) <= 3000)
    return [
      `around ${new Date(at).toISOString()} (${lane}):`,
      ...near.map(
        ({ number, event }) =>
          `  ${event.at} #${number} ${event.kind} ${JSON.stringify(event.data).slice(0, 160)}`,
      ),
    ]
  })
}
