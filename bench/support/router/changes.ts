import { Agent } from 'node:http'
import { visitOnce } from '../../../test/support/visitor.ts'
import { type Figures, median, say } from '../../figures.ts'
import { type Builtin, hostOf } from './candidates.ts'
import { type Seen, wrk } from './wrk.ts'

const changes = 100
const goalMs = 5

/** Tables that send everything to the other backend, one after the other, at rest and at full load. */
export async function changesUnderLoad(
  figures: Figures,
  naru: Builtin,
  ports: readonly [number, number],
  seconds: number,
): Promise<void> {
  say(`${changes} table changes at rest, then at full load`)
  report(figures, 'change-at-rest', await change(naru, ports))
  for (const [name, isNew] of [
    ['kept', false],
    ['new', true],
  ] as const) {
    const served: number[] = []
    let seen: Seen = { requests: 0, perSecond: 0, p50Ms: 0, p99Ms: 0, failed: 0 }
    const until = (load: Promise<Seen>) => load.then((said) => (seen = said))
    const load = until(
      wrk({
        port: naru.port,
        path: '/',
        hosts: [hostOf(0)],
        connections: 64,
        isNew,
        seconds: Math.max(10, seconds),
      }),
    )
    served.push(...(await change(naru, ports)))
    await load
    report(figures, `change-under-load-${name}`, served)
    figures.add(
      `failed-through-changes-${name}`,
      seen.failed,
      'requests',
      { value: 0 },
      `of ${seen.requests} through ${changes} changes, 64 connections`,
    )
  }
}

/** From `apply` to the answer of a visitor who asks as soon as it returns; throws when that is the old backend's. */
async function change(naru: Builtin, ports: readonly [number, number]): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const taken: number[] = []
  try {
    for (let turn = 1; turn <= changes; turn += 1) {
      const [to, from] = turn % 2 === 1 ? [1, 0] : [0, 1]
      const table = naru.table(ports[to] ?? 0)
      const started = performance.now()
      await naru.apply(table)
      taken.push(performance.now() - started)
      const { body } = await visitOnce(naru.port, hostOf(0), '/', agent)
      if (body !== `port ${'AB'[to]}`)
        throw new Error(`table ${table.number} was applied, and "${body}" answered after it`)
      await naru.drain(`0-${ports[from]}`)
    }
    return taken
  } finally {
    agent.destroy()
  }
}

function report(figures: Figures, name: string, taken: number[]): void {
  const sorted = taken.toSorted((one, other) => one - other)
  figures.add(
    name,
    median(taken),
    'ms',
    { value: goalMs },
    `from apply to served: p99 ${(sorted[Math.floor(taken.length * 0.99)] ?? 0).toFixed(1)} ms, most ${(sorted.at(-1) ?? 0).toFixed(1)} ms`,
  )
}
