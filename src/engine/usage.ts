import { setTimeout as pass } from 'node:timers/promises'
import type { Engine, InstanceFilter, Usage } from './engine.ts'

/** `cpu`: cores that were busy for it over the last moment. */
export type UsageNow = Omit<Usage, 'cpuSeconds'> & { cpu: number }

/** The time that is looked at. */
const overMs = 400

/** What the instances use now: two looks, with a moment between them. One that came or went in it is left out. */
export async function usageNow(
  engine: Pick<Engine, 'usage'>,
  filter: InstanceFilter,
): Promise<UsageNow[]> {
  const beganMs = performance.now()
  const before = new Map((await engine.usage(filter)).map((usage) => [usage.instance, usage]))
  await pass(overMs)
  const now = await engine.usage(filter)
  const seconds = (performance.now() - beganMs) / 1000
  return now.flatMap(({ cpuSeconds, ...usage }) => {
    const earlier = before.get(usage.instance)
    if (earlier === undefined) return []
    return [{ ...usage, cpu: Math.max(0, cpuSeconds - earlier.cpuSeconds) / seconds }]
  })
}
