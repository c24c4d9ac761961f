import type { Parts } from '../../src/deploy/parts.ts'
import { World } from './world.ts'

export type History = {
  seed: number
  steps: number
  digest: string
  /** Simulated time. */
  ms: number
  servers: number
  rests: number
  accepted: number
  /** By kind of event. */
  counts: Readonly<Record<string, number>>
  /** The first promise that was broken, with the last that happened before it; null when all were kept. */
  broken: { what: string; last: readonly string[] } | null
}

export type Replay = {
  spoil?: (parts: Parts) => Parts
  onLine?: (line: string) => void
}

/** Lives through so many steps of the world of a seed, or up to the first broken promise. */
export async function simulate(seed: number, steps: number, replay: Replay = {}): Promise<History> {
  const world = new World(seed, replay.spoil)
  if (replay.onLine !== undefined) world.trace.onLine = replay.onLine
  try {
    while (world.steps < steps && world.broken === null) await world.step()
    const { broken, trace, ledger } = world
    return {
      seed,
      steps: world.steps,
      digest: trace.digest(),
      ms: world.nowMs,
      servers: world.servers,
      rests: world.rests,
      accepted: ledger.accepted,
      counts: ledger.counts,
      broken: broken === null ? null : { what: broken, last: [...trace.last] },
    }
  } finally {
    await world.end()
  }
}

/** What a person is told of a broken promise: what, when, and how to see it again. */
export function report({ seed, steps, broken }: History): string {
  if (broken === null) return ''
  return [
    `seed ${seed}, step ${steps}: ${broken.what}`,
    ...broken.last.map((line) => `  ${line}`),
    `again: npm run simulate -- --seed ${seed} --steps ${steps}`,
  ].join('\n')
}
