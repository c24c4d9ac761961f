import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { removeTree } from '../src/base/tree.ts'
import { run } from '../test/support/naru.ts'
import { Figures, median, say } from './figures.ts'
import { load, machine } from './support/conditions.ts'
import {
  type Builtin,
  type Candidate,
  direct,
  hostOf,
  startBackend,
  startBuiltin,
  startHaproxy,
  startNginx,
} from './support/router/candidates.ts'
import { changesUnderLoad } from './support/router/changes.ts'
import { type Load, type Seen, wrk } from './support/router/wrk.ts'
import { cpuSeconds, peakRssMb, rssMb } from './support/usage.ts'

/**
 * The built-in router beside no proxy at all, nginx and HAProxy, each on one thread before the same backend (nginx, one
 * worker), loaded by wrk on the same machine: so requests/s are what the whole box gives, and processor time per request
 * is the figure that carries to another one. Candidates take turns within each round, in turned order every other round.
 */
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean' },
  },
})
const [seconds, rounds] = [Number(options.seconds), Number(options.rounds)]
const manyRoutes = 1000

type Case = { name: string; many?: boolean; load: Omit<Load, 'port' | 'seconds'> }
const load64 = { path: '/', hosts: [hostOf(0)], connections: 64, isNew: false }
const cases: Case[] = [
  { name: 'small-kept-64', load: load64 },
  { name: 'small-kept-1', load: { ...load64, connections: 1 } },
  { name: 'small-new-64', load: { ...load64, isNew: true } },
  { name: 'small-new-1', load: { ...load64, isNew: true, connections: 1 } },
  { name: 'large-kept-64', load: { ...load64, path: '/large' } },
  { name: 'large-kept-1', load: { ...load64, path: '/large', connections: 1 } },
  { name: 'large-new-64', load: { ...load64, path: '/large', isNew: true } },
  {
    name: `small-kept-64-of-${manyRoutes}-routes`,
    many: true,
    load: { ...load64, hosts: [hostOf(manyRoutes / 2)] },
  },
  {
    name: `small-kept-64-over-${manyRoutes}-routes`,
    many: true,
    load: { ...load64, hosts: Array.from({ length: manyRoutes }, (_, route) => hostOf(route)) },
  },
]

type Turn = Seen & { cpuMicros: number; peakMb: number }
const turns = new Map<string, Turn[]>()
const turnsOf = (name: string, candidate: string): Turn[] => {
  const key = `${name} ${candidate}`
  const found = turns.get(key) ?? []
  turns.set(key, found)
  return found
}

await needs('wrk', ['--version'])
await needs('nginx', ['-v'])
const hasHaproxy = await isThere('haproxy', ['-v'])
if (!hasHaproxy) say('haproxy is not here, so nothing is compared with it: apt-get install haproxy')

const figures = new Figures()
say(machine())
const folder = mkdtempSync(join(tmpdir(), 'naru-bench-router-'))
const endings: (() => Promise<void>)[] = []
try {
  await bench()
} finally {
  for (const end of endings.toReversed()) await end()
  await removeTree(folder)
}
figures.end()

async function bench(): Promise<void> {
  const backend = await startBackend(folder)
  endings.push(() => backend.end())
  const [port] = backend.ports
  const one = await candidates(1, port)
  const many = await candidates(manyRoutes, port)
  await memoryAtRest(one, many)
  for (const each of [...one, ...many]) await wrk({ ...load64, port: each.port, seconds: 1 }) // What is compiled as it runs, is by now.
  for (let round = 1; round <= rounds; round += 1)
    for (const each of cases) await takeTurns(each, each.many ? many : one, round)
  report(one.map(({ name }) => name))
  const [naru] = one.filter((each): each is Builtin => each.name === 'naru')
  if (naru) await changesUnderLoad(figures, naru, backend.ports, seconds)
}

async function candidates(routes: number, port: number): Promise<Candidate[]> {
  const starts = [startBuiltin, startNginx, ...(hasHaproxy ? [startHaproxy] : [])]
  const started: Candidate[] = [direct(port)]
  for (const start of starts) {
    const candidate = await start(folder, routes, port)
    endings.push(() => candidate.end())
    started.push(candidate)
  }
  return started
}

async function memoryAtRest(one: Candidate[], many: Candidate[]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5000)) // What starting left behind is collected.
  for (const [routes, all] of [
    ['1', one],
    [`${manyRoutes}`, many],
  ] as const)
    for (const { name, pids } of all.filter((each) => each.pids.length > 0))
      figures.add(
        `memory-idle-${routes}-routes-${name}`,
        rssMb(pids),
        'MB',
        name === 'naru' ? { value: 70 } : undefined,
      )
}

async function takeTurns(each: Case, all: Candidate[], round: number): Promise<void> {
  say(`${each.name}: round ${round} of ${rounds}, ${all.length} turns of ${seconds} s, ${load()}`)
  for (const candidate of round % 2 === 1 ? all : all.toReversed()) {
    const { pids, port } = candidate
    const before = cpuSeconds(pids)
    const { peak, result } = await peakRssMb(pids, () => wrk({ ...each.load, port, seconds }))
    const used = cpuSeconds(pids) - before
    turnsOf(each.name, candidate.name).push({
      ...result,
      cpuMicros: (used / Math.max(1, result.requests)) * 1e6,
      peakMb: peak,
    })
  }
}

function report(names: string[]): void {
  for (const { name } of cases) {
    for (const candidate of names) reportTurn(name, candidate)
    if (hasHaproxy) {
      const goal = name === 'small-kept-64' ? { value: 2.4 } : undefined
      const note = 'processor time a request, beside HAProxy in the same round'
      figures.add(`${name}-ratio`, ratio(name, 'naru', name, 'haproxy'), 'x haproxy', goal, note)
    }
  }
  figures.add(
    'growth-with-routes',
    ratio(`small-kept-64-of-${manyRoutes}-routes`, 'naru', 'small-kept-64', 'naru'),
    'x',
    { value: 1.25 },
    `processor time a request with ${manyRoutes} routes beside that with one; below 1.25 is a tie on a shared machine`,
  )
  const peaks = cases
    .filter(({ many }) => !many)
    .flatMap(({ name }) => turnsOf(name, 'naru').map(({ peakMb }) => peakMb))
  figures.add('memory-under-load-naru', Math.max(...peaks), 'MB', { value: 110 }, 'the most of all')
}

function reportTurn(name: string, candidate: string): void {
  const seen = turnsOf(name, candidate)
  const middle = (of: (turn: Turn) => number) => median(seen.map(of))
  const failed = seen.reduce((sum, turn) => sum + turn.failed, 0)
  const memory = candidate === 'direct' ? '' : `, ${middle(({ peakMb }) => peakMb).toFixed(0)} MB`
  figures.add(
    `${name}-${candidate}`,
    middle(({ perSecond }) => perSecond),
    'requests/s',
    undefined,
    `p50 ${middle(({ p50Ms }) => p50Ms).toFixed(2)} ms, p99 ${middle(({ p99Ms }) => p99Ms).toFixed(2)} ms, ${failed} failed${memory}`,
  )
  if (candidate === 'direct') return
  const goal = name === 'small-kept-64' && candidate === 'naru' ? { value: 60 } : undefined
  const cpu = middle(({ cpuMicros }) => cpuMicros)
  figures.add(`${name}-${candidate}-cpu`, cpu, 'µs/request', goal)
}

/** Median of the ratios within each round, so that what the machine does meanwhile meets both. */
function ratio(name: string, candidate: string, baseName: string, base: string): number {
  const bases = turnsOf(baseName, base)
  return median(
    turnsOf(name, candidate).map(
      ({ cpuMicros }, round) => cpuMicros / (bases[round]?.cpuMicros ?? Number.NaN),
    ),
  )
}

async function needs(program: string, args: string[]): Promise<void> {
  if (await isThere(program, args)) return
  console.error(`bench:router needs ${program}, which is not here: apt-get install ${program}`)
  process.exit(1)
}

/** wrk says its version with exit code 1. */
async function isThere(program: string, args: string[]): Promise<boolean> {
  const { output } = await run(program, args, {
    environment: { PATH: `${process.env.PATH}:/usr/sbin` },
  })
  return output !== ''
}
