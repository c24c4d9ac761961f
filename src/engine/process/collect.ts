import { readdir } from 'node:fs/promises'
import { removeTree, treeBytes } from '../../base/tree.ts'
import { isLabel } from '../../model/name.ts'
import type { Collected, Keep } from '../engine.ts'
import type { Places } from './places.ts'

const digest = /^sha256-[0-9a-f]{64}$/

/** What instances need now, whatever anybody says may go. */
export type InUse = { apps: ReadonlySet<string>; folders: ReadonlySet<string> }

/** Removes slugs that nothing needs, and all that is left of apps that are no more. Looks at nothing but these. */
export async function collectPlaces(places: Places, keep: Keep, use: InUse): Promise<Collected> {
  const collected: Collected = { artifacts: 0, bytes: 0 }
  const isKept = (app: string) => keep.apps.has(app) || use.apps.has(app)
  // A program of a workspace runs in a folder below its slug.
  const isUsed = (slug: string) =>
    [...use.folders].some((folder) => folder === slug || folder.startsWith(`${slug}/`))
  const remove = async (folder: string) => {
    collected.bytes += await treeBytes(folder)
    await removeTree(folder)
  }
  for (const app of await labels(places.apps)) {
    const { folder, slugs, slug } = places.app(app)
    const found = (await names(slugs)).filter((name) => digest.test(name))
    const unneeded = found.filter(
      (name) => !isUsed(slug(name)) && !(isKept(app) && keep.artifacts.has(name)),
    )
    for (const name of unneeded) await remove(slug(name))
    collected.artifacts += unneeded.length
    if (!isKept(app)) await remove(folder)
  }
  return collected
}

/** Removes all that lies there of an app, or of one environment of it. What is gone is fine. */
export async function forgetPlace(
  places: Places,
  { app, environment }: { app: string; environment?: string },
): Promise<void> {
  const at = places.app(app)
  await removeTree(environment === undefined ? at.folder : at.home(environment))
}

const labels = async (folder: string) => (await names(folder)).filter(isLabel)

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] // Nothing was ever put there.
    throw error
  })
}
