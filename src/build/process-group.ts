import { setTimeout as pause } from 'node:timers/promises'
import { carriersOf, livingProcesses } from '../base/processes.ts'

/** Ends a whole process group: SIGTERM, the grace, SIGKILL. Returns when nothing of it runs any more. */
export async function endGroup(group: number, graceMs: number): Promise<void> {
  signalGroup(group, 'SIGTERM')
  if (await emptyWithin(group, graceMs)) return
  signalGroup(group, 'SIGKILL')
  await emptyWithin(group, 10_000)
}

/**
 * Kills every process that was started with this variable in its environment, "NAME=value": what left its
 * group, or outlived the Naru that started it. Returns when they are gone.
 */
export async function endMarked(variable: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const [name = '', ...value] = variable.split('=')
    const found = carriersOf(livingProcesses(), name, value.join('='))
    if (found.size === 0) return
    for (const pid of found) kill(pid, 'SIGKILL')
    await pause(20) // No event tells that a process which is not our child has ended.
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  kill(-group, signal)
}

/** What has ended already needs no signal. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error
  }
}

/** No event tells that a group is empty, so it is looked at, rarer as time goes on. */
async function emptyWithin(group: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs
  for (let waitMs = 2; isAlive(group); waitMs = Math.min(waitMs * 2, 100)) {
    if (performance.now() > deadline) return false
    await pause(waitMs)
  }
  return true
}

/** A zombie is dead: it only waits for a parent that may never ask. */
function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false
    if (!hasCode(error, 'EPERM')) throw error
  }
  return livingProcesses().some((entry) => entry.group === group)
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
