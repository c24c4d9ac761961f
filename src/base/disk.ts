import { statfs } from 'node:fs/promises'

/** How full the disk is that holds a folder, as `df` counts: of what a user may take, without what is kept back for root. */
export type DiskUse = { folder: string; usedShare: number; freeBytes: number; totalBytes: number }

export async function diskUse(folder: string): Promise<DiskUse> {
  const { blocks, bfree, bavail, bsize } = await statfs(folder)
  const used = blocks - bfree
  return {
    folder,
    usedShare: used + bavail === 0 ? 0 : used / (used + bavail),
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
  }
}

/** Whether a system call failed since the disk, or somebody's share of it, is full. */
export const isFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code))
