import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import type { Account } from './account.ts'

/**
 * Where a build finds the machine's programs: beside this Node.js, then where Naru was started, less what `npm run`
 * put in front, and less the folders that the account of the builds cannot enter.
 */
export function programFolders(host: NodeJS.ProcessEnv, runAs: Account | null): string[] {
  const found = (host['PATH'] ?? '/usr/local/bin:/usr/bin:/bin')
    .split(delimiter)
    .filter(
      (entry) => entry.startsWith('/') && !/\/(node_modules\/\.bin|node-gyp-bin)\/?$/.test(entry),
    )
  const folders = [dirname(process.execPath), ...found]
  return [...new Set(folders)].filter((folder) => isEnterable(folder, runAs))
}

function isEnterable(folder: string, runAs: Account | null): boolean {
  if (runAs !== null) return isOpen(folder)
  try {
    accessSync(folder, constants.X_OK)
    return true
  } catch {
    return false // Not there, or closed to us: no program is found in it either way.
  }
}

/** Whether everybody may go into the folder: as root, builds run as somebody else. */
function isOpen(folder: string): boolean {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o001) !== 0 && (folder === '/' || isOpen(dirname(folder)))
}
