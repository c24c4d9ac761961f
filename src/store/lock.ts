import { realpathSync } from 'node:fs'
import { NaruError } from '../base/error.ts'
import { holdExclusively } from './driver.ts'
import { lockFile, makeFolder, makePrivateFile } from './folder.ts'

export type FolderLock = { release(): void }

/**
 * Takes the data folder for this process alone, by an exclusive transaction left open on its `lock.db`: the
 * kernel frees it when the process ends, however it ends. Throws `data.locked` while another holds it.
 */
export function lockFolder(folder: string): FolderLock {
  makeFolder(folder)
  const place = realpathSync(folder)
  if (held.has(place)) throw new NaruError('data.locked', { folder })
  makePrivateFile(folder, lockFile(folder))
  const hold = holdExclusively(lockFile(folder))
  held.add(place)
  return {
    release: () => {
      if (held.delete(place)) hold.release()
    },
  }
}

/** Folders of this process. Asking the kernel again would open the file again, and closing that would free the lock. */
const held = new Set<string>()
