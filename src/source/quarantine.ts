import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { randomId } from '../base/id.ts'

/** A folder in which git writes new objects that the repository does not have yet. */
export type Quarantine = {
  /** The environment of a git that sees all objects and writes new ones only here. */
  environment: Record<string, string>
  /** Moves everything into the repository: from then on it has the objects. */
  accept(): Promise<void>
  /** Removes what is still here, as if nothing had come; also what a git that broke says of itself. */
  drop(): Promise<void>
}

/** Longer than anything takes to arrive. What is older was left behind by a crash. */
const abandonedMs = 24 * 3600_000

/** Its name begins as those of git's own, so that `git gc` takes away one that a crash left. */
const prefix = 'tmp_objdir-naru-'

export async function openQuarantine(repository: string): Promise<Quarantine> {
  const objects = join(repository, 'objects')
  await dropAbandoned(objects)
  const folder = join(objects, `${prefix}${randomId()}`)
  await mkdir(join(folder, 'pack'), { recursive: true })
  return {
    environment: {
      GIT_OBJECT_DIRECTORY: folder,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
    },
    async accept() {
      const files = await readdir(join(folder, 'pack'))
      // A pack is there for git when its index is, so that the index comes last.
      const inOrder = files.sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')))
      await mkdir(join(objects, 'pack'), { recursive: true })
      for (const file of inOrder) {
        if (/^pack-[0-9a-f]+\.(?:pack|rev|idx)$/.test(file)) {
          await rename(join(folder, 'pack', file), join(objects, 'pack', file))
        }
      }
    },
    async drop() {
      await rm(folder, { recursive: true, force: true })
      const reports = (await readdir(repository)).filter((name) =>
        name.startsWith('fast_import_crash_'),
      )
      await Promise.all(reports.map((name) => rm(join(repository, name), { force: true })))
    },
  }
}

async function dropAbandoned(objects: string): Promise<void> {
  for (const name of await readdir(objects)) {
    if (!name.startsWith(prefix)) continue
    const folder = join(objects, name)
    try {
      const { mtimeMs } = await stat(folder)
      if (Date.now() - mtimeMs > abandonedMs) await rm(folder, { recursive: true, force: true })
    } catch {
      // Its own import has just ended and taken it away.
    }
  }
}
