import { describe, expect, it } from 'vitest'
import { diskWarnings } from '../../src/deploy/disk-room.ts'

const disk = (usedShare: number) => ({
  folder: '/var/lib/naru',
  usedShare,
  freeBytes: 1000,
  totalBytes: 10_000,
})

describe('a disk that builds are kept on', () => {
  it('is not spoken of below 90 %', () => {
    expect(diskWarnings([disk(0), disk(0.899)])).toEqual([])
  })

  it('is warned of from 90 % on, each one that is', () => {
    const warning = { kind: 'disk', folder: '/var/lib/naru', usedPercent: 90, freeBytes: 1000 }
    expect(diskWarnings([disk(0.9), disk(0.1), disk(0.9499)])).toEqual([
      warning,
      { ...warning, usedPercent: 94 },
    ])
  })

  it('refuses another build from 95 % on', () => {
    expect(() => diskWarnings([disk(0.1), disk(0.95)])).toThrowError(
      expect.objectContaining({
        problem: {
          code: 'disk.filling',
          facts: { folder: '/var/lib/naru', usedPercent: 95, freeBytes: 1000 },
        },
      }),
    )
  })
})
