import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { isOver } from '../../../src/model/rollout.ts'
import { isAlive, type Naru } from '../../../test/support/naru.ts'
import type { Act } from '../lossless/acts.ts'
import type { SoakApp } from './apps.ts'
import { strangers } from './usage.ts'
import type { Refusal } from './visitors.ts'

export type Promised = { promise: string; looked: number; broken: string[] }

/** What must hold when nothing goes on any more, each with how much was looked at. */
export async function promises(
  naru: Naru,
  apps: readonly SoakApp[],
  refused: readonly Refusal[],
  acts: readonly Act[],
): Promise<Promised[]> {
  const each = await Promise.all(apps.map((app) => ofApp(naru, app)))
  const known = new Set(each.flatMap(({ ids }) => ids))
  const processes = strangers(naru, known)
  const lost = refused.filter((refusal) => !isExplained(refusal, acts))
  return [
    {
      promise: 'each app is served by its stable release, by as many healthy instances as it says',
      looked: apps.length,
      broken: each.flatMap(({ broken }) => broken),
    },
    {
      promise: 'no process runs that is neither a program of Naru nor an instance that it lists',
      looked: known.size,
      broken: processes,
    },
    {
      promise: 'the log of events has no gap, and every deployment its beginning and end',
      ...events(naru),
    },
    {
      promise:
        'no request is refused but while the router is killed, or where recreate gives up availability',
      looked: refused.length,
      broken: lost.map(({ app, at, what }) => `${new Date(at).toISOString()} ${app}: ${what}`),
    },
  ]
}

async function ofApp(naru: Naru, app: SoakApp): Promise<{ broken: string[]; ids: string[] }> {
  const { stable, serving, warm, instances } = await naru.status(app.name)
  const broken: string[] = []
  const expect = (holds: boolean, what: string) => holds || broken.push(`${app.name}: ${what}`)
  expect(stable !== null && serving === stable, `serves v${serving}, stable is v${stable}`)
  const ofStable = (service: string) =>
    instances.filter(
      (one) => one.service === service && one.release === stable && one.health === 'healthy',
    ).length
  expect(
    ofStable('web') === app.replicas,
    `${ofStable('web')} healthy web instances instead of ${app.replicas}`,
  )
  if (app.worker) expect(ofStable('worker') === 1, `${ofStable('worker')} workers instead of 1`)
  for (const { id, release, pid } of instances) {
    expect(
      release === stable || release === warm?.release,
      `${id} is of v${release}, which is neither stable nor warm`,
    )
    expect(pid !== null && isAlive(pid), `${id} is listed and does not run`)
  }
  const { body, status } = await naru.visit(app.name)
  expect(status === 200 && /^\d+$/.test(body), `answers ${status}`)
  return { broken, ids: instances.map(({ id }) => id) }
}

function events(naru: Naru): { looked: number; broken: string[] } {
  const database = new Sqlite(join(naru.data, 'naru.db'), { readonly: true })
  try {
    const { count, first, last } = database
      .prepare('select count(*) as count, min(id) as first, max(id) as last from events')
      .get() as { count: number; first: number; last: number }
    const rows = database.prepare('select app, number, status from deployments').all() as {
      app: string
      number: number
      status: string
    }[]
    const told = database.prepare(
      "select count(*) from events where app = ? and deployment = ? and kind = 'deployment.queued'",
    )
    const broken = rows.flatMap(({ app, number, status }) => [
      ...(isOver(status as Parameters<typeof isOver>[0]) ? [] : [`${app} #${number} is ${status}`]),
      ...(told.pluck().get(app, number) === 1 ? [] : [`${app} #${number} has no beginning`]),
    ])
    if (count !== last - first + 1) broken.push(`${count} events between ${first} and ${last}`)
    return { looked: count, broken }
  } finally {
    database.close()
  }
}

/** How long after a deed what it broke may still be felt: a router is back within a second, a lone instance too. */
const feltMs = (what: string): number =>
  what.startsWith('kill-router') ? 3000 : what === 'kill-instance one' ? 1500 : 500

/** The router was killed, or the app is the one that answers nobody while it is recreated, or has lost its only instance. */
const mayRefuse = (what: string, app: string): boolean =>
  what.startsWith('kill-router') || (app === 'one' && what.endsWith(' one'))

const isExplained = ({ app, at }: Refusal, acts: readonly Act[]): boolean =>
  acts.some(
    ({ what, from, to }) =>
      mayRefuse(what, app) && from <= at && at <= (to ?? Number.POSITIVE_INFINITY) + feltMs(what),
  )
