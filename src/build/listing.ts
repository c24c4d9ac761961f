import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runProgram } from '../base/program.ts'
import { exists } from './files.ts'

/**
 * What each file and folder was, by its path below the slug, whose bytes are the characters of the key: whoever writes
 * to a file changes its line.
 */
export type Listing = ReadonlyMap<string, string>

/** The clock of a disk may stand still for so long: a second change within it would look like the first. */
const tickMs = 20

/**
 * Lists what lies in these folders of a slug, links not followed; those that are not there are left out. Null where this
 * machine cannot say it exactly. Whatever is changed after it has returned can be told.
 */
export async function listFolders(
  slug: string,
  folders: readonly string[],
): Promise<Listing | null> {
  const there: string[] = []
  for (const folder of folders) if (await exists(join(slug, folder))) there.push(`./${folder}`)
  if (there.length === 0) return new Map()
  const { code, stdout } = await runProgram('find', [...there, '-printf', format], { folder: slug })
  // Another find than GNU's, as on macOS, or somebody removes things meanwhile.
  if (code !== 0) return null
  const parts = stdout.toString('latin1').split('\0')
  const listing = new Map<string, string>()
  let newestSeconds = 0
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const about = parts[at] ?? ''
    const [kind, inode, rights, changed] = about.split('\t')
    // What is put into a folder changes its times, and is seen by itself.
    const isFolder = kind === 'd'
    listing.set((parts[at + 1] ?? '').slice(2), isFolder ? `d ${inode} ${rights}` : about)
    newestSeconds = Math.max(newestSeconds, Number(changed))
  }
  // A disk that counts whole seconds cannot tell two changes within one.
  if (Number.isInteger(newestSeconds)) return null
  if (Date.now() - newestSeconds * 1000 < tickMs) await pause(tickMs)
  return listing
}

const format = String.raw`%y\t%i\t%m %U %G\t%C@\t%T@ %s\0%p\0`

/**
 * The topmost of what has been added between two listings; null where anything was changed or removed, or has a name
 * that is no text.
 */
export function addedSince(before: Listing, after: Listing): string[] | null {
  for (const [path, about] of before) if (after.get(path) !== about) return null
  const isNew = (path: string): boolean => after.has(path) && !before.has(path)
  const added = [...after.keys()]
    .filter((path) => isNew(path) && !isNew(path.slice(0, Math.max(0, path.lastIndexOf('/')))))
    .map(textOf)
  return added.includes(null) ? null : added.filter((path) => path !== null)
}

function textOf(path: string): string | null {
  const bytes = Buffer.from(path, 'latin1')
  const text = bytes.toString()
  return Buffer.from(text).equals(bytes) ? text : null
}
