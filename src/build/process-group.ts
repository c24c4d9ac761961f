import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** Ends a whole process group: SIGTERM, the grace, SIGKILL. Returns when nothing of it runs any more. */
export async function endGroup(group: number, graceMs: number): Promise<void> {
  signalGroup(group, 'SIGTERM')
  if (await emptyWithin(group, graceMs)) return
  signalGroup(group, 'SIGKILL')
  await emptyWithin(group, 10_000)
}

/**
 * Kills every process that was started with this variable in its environment, "NAME=value": what left its
 * group, or outlived the Naru that started it. Returns when they are gone. Finds none where there is no /proc.
 */
export async function endMarked(variable: string): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const found = processIds().filter((pid) => carries(pid, variable))
    if (found.length === 0) return
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
  const pids = processIds()
  return pids.length === 0 || pids.some((pid) => isLiveMember(pid, group))
}

function isLiveMember(pid: number, group: number): boolean {
  const stat = readProc(pid, 'stat')
  // The name in parentheses may hold anything, so the fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[2] === String(group) && fields[0] !== 'Z' && fields[0] !== 'X'
}

const carries = (pid: number, variable: string): boolean =>
  `\0${readProc(pid, 'environ')}`.includes(`\0${variable}\0`)

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  }
}

function readProc(pid: number, file: 'stat' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return '' // It has ended meanwhile, or is another user's: none of ours either way.
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
