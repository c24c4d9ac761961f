import { parseArgs } from 'node:util'
import { Naru } from '../test/support/naru.ts'
import { Figures, say } from './figures.ts'
import { machine } from './support/conditions.ts'
import type { Act } from './support/lossless/acts.ts'
import { randomOf } from './support/lossless/random.ts'
import { soakApps, soakFiles } from './support/soak/apps.ts'
import { growthOf, type Sample } from './support/soak/growth.ts'
import { promises } from './support/soak/promises.ts'
import { type Deed, deeds, hardDeeds, Turns } from './support/soak/turns.ts'
import { diskOf, sampleOf, slacks } from './support/soak/usage.ts'
import { SoakVisitors } from './support/soak/visitors.ts'

/**
 * Lives with three apps under visitors, begins something every 5 s, and looks at what grows: npm run soak -- --minutes 30
 * [--seed 1]. Server and router are killed and handed over in the first third; what they hold is compared over the last
 * half, since a program that starts anew holds nothing. Exits with 1 when a promise is broken or anything grows.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean' },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
if (!(minutes >= 1) || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run soak -- [--minutes N] [--seed N]; at least one minute')
  process.exit(2)
}
const everyMs = 5000
const warmUpMs = (minutes * 60_000) / 6
const sampledEveryMs = Math.min(10_000, (minutes * 60_000) / 30)

const figures = new Figures()
const random = randomOf(seed)
const acts: Act[] = []
const became = new Map<string, number>()
say(machine())
const naru = await Naru.started()
try {
  process.exitCode = (await soak()) ? 0 : 1
} finally {
  await naru.close()
}

async function soak(): Promise<boolean> {
  const turns: Turns[] = []
  for (const app of soakApps) {
    const repository = await naru.repository(app.name, soakFiles(app, 0, 'good'))
    const first = await repository.push()
    if (first.code !== 0) throw new Error(`the first push failed:\n${first.output}`)
    turns.push(new Turns(naru, app, repository, random, acts))
  }
  const visitors = new SoakVisitors(
    naru.http,
    soakApps.map(({ name }) => name),
  )
  const diskBefore = diskOf(naru)
  const began = Date.now()
  const thirdMs = (minutes * 60_000) / 3
  await during(turns, began + thirdMs, true)
  const samples: Sample[] = []
  // A program that has just begun grows to what it needs.
  await during(turns, began + thirdMs + warmUpMs, false)
  const sampling = setInterval(() => samples.push(sampleOf(naru)), sampledEveryMs)
  await during(turns, began + 3 * thirdMs, false)
  clearInterval(sampling)
  // Whatever came before, each ends with a release that serves.
  for (const turn of turns) await take(turn, 'deploy')
  await visitors.end()
  return report(samples, diskBefore, visitors)
}

/** Begins a deed every 5 s on an app that rests; hard ones when nothing else goes on, since they are everybody's. */
async function during(turns: readonly Turns[], end: number, hard: boolean): Promise<void> {
  const busy = new Map<Turns, Promise<void>>()
  let next = Date.now()
  while (Date.now() < end) {
    const deed = pick<Deed>(hard && random() < 0.25 ? hardDeeds : deeds)
    const isHard = (hardDeeds as readonly string[]).includes(deed)
    if (isHard) await Promise.all(busy.values())
    else if (busy.size === turns.length) await Promise.race(busy.values())
    const turn = pick(turns.filter((one) => !busy.has(one)))
    const taken = take(turn, deed).finally(() => busy.delete(turn))
    busy.set(turn, taken)
    if (isHard) await taken
    next = Math.max(next + everyMs, Date.now())
    await Promise.race([
      new Promise((resolve) => setTimeout(resolve, next - Date.now())),
      // What fails is told at once.
      new Promise((_, reject) => {
        for (const one of busy.values()) one.catch(reject)
      }),
    ])
  }
  await Promise.all(busy.values())
}

async function take(turn: Turns, deed: Deed): Promise<void> {
  const from = performance.now()
  const what = await turn.take(deed)
  const seconds = ((performance.now() - from) / 1000).toFixed(1)
  say(`${new Date().toISOString().slice(11, 19)} ${turn.app.name}: ${deed}, ${what}, ${seconds} s`)
  const key = `${deed}: ${what.replace(/\d+/, 'N')}`
  became.set(key, (became.get(key) ?? 0) + 1)
}

function pick<T>(from: readonly T[]): T {
  const one = from[Math.floor(random() * from.length)]
  if (one === undefined) throw new Error('nothing to pick from')
  return one
}

async function report(
  samples: readonly Sample[],
  diskBefore: Record<string, number>,
  visitors: SoakVisitors,
): Promise<boolean> {
  for (const [what, count] of [...became].sort()) say(`${count} x ${what}`)
  figures.add('deeds', acts.length, 'deeds', undefined, `in ${minutes} min, seed ${seed}`)
  figures.add('requests', visitors.requests, 'requests')
  let good = true
  for (const { promise, looked, broken } of await promises(
    naru,
    soakApps,
    visitors.refused,
    acts,
  )) {
    say(`${broken.length === 0 ? '✓' : '✖'} ${promise} (${looked} looked at)`)
    for (const line of broken.slice(0, 20)) say(`  ${line}`)
    good &&= broken.length === 0
  }
  say(
    `a value grows when its lowest in the last ${minutes / 4} min lies above its lowest in the ${minutes / 4} min before by more than its slack:`,
  )
  for (const { name, before, after, slack, grows } of growthOf(samples, slacks)) {
    const allowed = before * (1 + slack.share) + slack.amount
    figures.add(name, after, slack.unit, { value: allowed }, `was ${before.toFixed(1)}`)
    good &&= !grows
  }
  for (const [part, after] of Object.entries(diskOf(naru)))
    figures.add(`disk-${part}`, after, 'MB', undefined, `was ${diskBefore[part]?.toFixed(1)}`)
  for (const { what, used, limit, unit } of await naru.client.bounds()) {
    if (limit === null) continue
    figures.add(`bound-${what}`, used, unit, { value: limit })
    good &&= used <= limit
  }
  figures.end()
  return good
}
