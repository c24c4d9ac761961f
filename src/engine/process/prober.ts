import { setTimeout as wait } from 'node:timers/promises'
import type { HealthSpec } from '../../model/spec.ts'
import { type HealthState, nextProbeMs } from './health.ts'
import { type ProbeResult, probe } from './probe.ts'

export type Probed = {
  port: number
  spec: HealthSpec
  /** What the answer means: the state after it. */
  judge(result: ProbeResult): HealthState
}

/** Probes one run of a routed instance, one probe at a time, until the signal fires. `delaySeconds` comes before the first. */
export async function keepProbing(
  { port, spec, judge }: Probed,
  delaySeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const { path, timeoutSeconds, everySeconds } = spec
  let pauseMs = delaySeconds * 1000
  while (await pause(pauseMs, signal)) {
    const result = await probe({ host: '127.0.0.1', port, path, timeoutSeconds })
    if (signal.aborted) return
    pauseMs = nextProbeMs(judge(result), everySeconds, performance.now())
  }
}

/** Waits, and says whether the signal has not fired. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await wait(ms, undefined, { signal })
    return true
  } catch {
    return false // The only way for this wait to fail.
  }
}
