import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Processor time that these processes have used so far, in seconds; what has ended counts for nothing. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = read(`/proc/${pid}/stat`)
    // The name may hold anything, a bracket too: the fields begin after the last one. In ticks of 10 ms.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100
  }, 0)
}

/** Memory that these processes have in the machine, in MB. */
export function rssMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`)) ?? []
    return sum + Number(kilobytes ?? 0) / 1024
  }, 0)
}

/** The most memory they had while `during` ran, in MB, looked at ten times a second. */
export async function peakRssMb<T>(
  pids: readonly number[],
  during: () => Promise<T>,
): Promise<{ peak: number; result: T }> {
  let peak = rssMb(pids)
  const look = setInterval(() => {
    peak = Math.max(peak, rssMb(pids))
  }, 100)
  try {
    const result = await during()
    return { result, peak: Math.max(peak, rssMb(pids)) }
  } finally {
    clearInterval(look)
  }
}

/** Bytes that files below the folder take on the disk; those that go meanwhile are left out. */
export function diskBytes(folder: string): number {
  return list(folder).reduce((sum, name) => {
    const path = join(folder, name)
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return sum
    return sum + (found.isDirectory() ? diskBytes(path) : found.blocks * 512)
  }, 0)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // It has ended.
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // It is gone.
  }
}
