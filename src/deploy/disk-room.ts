import type { DiskUse } from '../base/disk.ts'
import { NaruError } from '../base/error.ts'
import type { BuildWarning } from '../model/build.ts'

/** From here on whoever pushes is warned. */
export const warnedAt = 0.9
/** From here on nothing is built: what is left is for what serves, its logs and the store. */
export const refusedAt = 0.95

/** What a pusher is told of disks that fill up. Throws `disk.filling` where one is too full for another build. */
export function diskWarnings(disks: readonly DiskUse[]): BuildWarning[] {
  return disks
    .filter(({ usedShare }) => usedShare >= warnedAt)
    .map(({ folder, usedShare, freeBytes }) => {
      const facts = { folder, usedPercent: Math.floor(usedShare * 100), freeBytes }
      if (usedShare >= refusedAt) throw new NaruError('disk.filling', facts)
      return { kind: 'disk', ...facts }
    })
}
