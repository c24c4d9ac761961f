import { parseArgs } from 'node:util'
import { Naru } from '../test/support/naru.ts'
import { Figures, say } from './figures.ts'
import { machine } from './support/conditions.ts'
import type { AppKind } from './support/lossless/app.ts'
import { lossless, type Outcome } from './support/lossless/run.ts'

/**
 * Nothing lost: visitors of every kind ask without a pause while an app is deployed, taken back and aborted, the server is
 * killed and the router hands over; once for each strategy, with an app that exits at once and with one that takes
 * 20 s to end. Exits with 1 when anything at all was lost.
 */
const strategies = ['blue-green', 'rolling', 'recreate'] as const
const ends = ['at-once', 'slowly'] as const
const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    strategy: { type: 'string' },
    ends: { type: 'string' },
    seed: { type: 'string', default: '1' },
    deployments: { type: 'string' },
    rollbacks: { type: 'string' },
    aborts: { type: 'string' },
    kills: { type: 'string' },
    'hand-overs': { type: 'string' },
    json: { type: 'boolean' },
  },
})
const requests = Number(options.requests)
const runs = strategies.flatMap((strategy) => ends.map((end) => ({ strategy, end })))
const wanted = runs.filter(
  ({ strategy, end }) =>
    (options.strategy ?? strategy) === strategy && (options.ends ?? end) === end,
)
if (wanted.length === 0) {
  console.error(
    `--strategy is one of ${strategies.join(', ')}; --ends is one of ${ends.join(', ')}`,
  )
  process.exit(2)
}
/** A million is the full run: what it does is scaled down with the requests, and each is done at least once. */
const share = (option: string | undefined, full: number, least = 1): number =>
  option === undefined
    ? Math.min(full, Math.max(least, Math.round((full * requests) / 1e6)))
    : Number(option)

const figures = new Figures()
const outcomes: Outcome[] = []
say(machine())
const naru = await Naru.started()
try {
  for (const [at, { strategy, end }] of wanted.entries()) await one(strategy, end, at)
} finally {
  await naru.close()
}
const lost = outcomes.reduce((sum, { failures }) => sum + failures.length, 0)
const all = outcomes.reduce((sum, { summary }) => sum + summary.requests, 0)
figures.add('lost', lost, 'requests', { value: 0 }, `of ${all} in ${outcomes.length} runs`)
figures.end()
process.exitCode = lost === 0 ? 0 : 1

async function one(
  strategy: AppKind['strategy'],
  end: (typeof ends)[number],
  at: number,
): Promise<void> {
  const app = `${strategy}-${end}`
  const outcome = await lossless(
    naru,
    {
      app,
      // A request of 10 s is in flight, so the grace must be longer; and than the 20 s that it takes to end.
      kind: {
        strategy,
        replicas: 2,
        ...(end === 'slowly'
          ? { endSeconds: 20, graceSeconds: 25 }
          : { endSeconds: 0, graceSeconds: 12 }),
      },
      requests: requests / wanted.length,
      perSecond: 560,
      slowMs: 10_000,
      uploadBytes: 4 * 1024 * 1024,
      deployments: share(options.deployments, 50, 3),
      rollbacks: share(options.rollbacks, 10),
      aborts: share(options.aborts, 5),
      kills: share(options.kills, 5),
      handOvers: share(options['hand-overs'], 2),
      seed: Number(options.seed) + at,
      calmSeconds: 10,
    },
    say,
  )
  outcomes.push(outcome)
  report(app, outcome)
  await naru.client.destroyApp(app, app)
}

function report(app: string, outcome: Outcome): void {
  const { failures, summary, perSecond, streams, down, acts, skipped, stories } = outcome
  const lanes = Object.entries(summary.lanes).map(([lane, count]) => `${count} ${lane}`)
  figures.add(`${app}-requests`, summary.requests, 'requests', undefined, lanes.join(', '))
  figures.add(`${app}-rate`, perSecond, 'requests/s', {
    value: 500,
    atLeast: true,
  })
  const doing = [...new Set(acts.map(({ what }) => what))].map(
    (what) => `${acts.filter((act) => act.what === what).length} x ${what}`,
  )
  figures.add(`${app}-acts`, acts.length, 'acts', undefined, doing.join(', '))
  if (skipped > 0) say(`${app}: ${skipped} hand-overs left out: this router cannot hand over yet`)
  for (const [phase, { count, p50Ms, p99Ms, mostMs }] of Object.entries(summary.times)) {
    figures.add(`${app}-p50-${phase}`, p50Ms, 'ms', undefined, `${count} requests`)
    figures.add(`${app}-p99-${phase}`, p99Ms, 'ms', undefined, `most ${mostMs.toFixed(0)} ms`)
  }
  figures.add(`${app}-streams-drained`, streams, 'streams', undefined, 'ended with their instance')
  if (down > 0)
    figures.add(
      `${app}-unavailable`,
      down,
      'requests',
      undefined,
      'answered by the router with 503 while it was replaced, as recreate says: no failure',
    )
  figures.add(`${app}-lost`, failures.length, 'requests', { value: 0 })
  for (const { at, lane, what, during } of failures.slice(0, 50))
    say(
      `LOST ${at === null ? '' : new Date(at).toISOString()} ${lane}: ${what}${during.length > 0 ? `; ${during.join(', ')}` : ''}`,
    )
  for (const line of stories) say(line)
}
