import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, chown, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { removeCgroup } from '../base/cgroup.ts'
import { removeTree } from '../base/tree.ts'
import type { Account } from './account.ts'
import { markName } from './environment.ts'
import { entries, exists, freeze, freezeAround } from './files.ts'
import { endMarked } from './process-group.ts'
import type { Machine, Recipe } from './recipe-types.ts'
import { staticServerPath } from './recipes/static.ts'

/** Changes when the same inputs would make another slug than before. */
const format = 2

export type SlugInputs = {
  app: string
  /** Git's id of the commit's tree: the same files have the same one. */
  tree: string
  /** The app's folder in the commit. */
  appFolder: string
  recipe: Recipe
  /** Plain settings that reach the steps. */
  environment: Readonly<Record<string, string>>
  machine: Machine
  /** Text of the static server; empty where the recipe does not use it. */
  staticServer: string
}

/** "sha256-" and 64 hex digits over everything that goes into a slug. */
export function slugDigest({
  app,
  tree,
  appFolder,
  recipe,
  environment,
  machine,
  staticServer,
}: SlugInputs): string {
  // Not why it is so: other words for the same thing make the same slug.
  const { reasons: _, ...made } = recipe
  const { nodeVersion, platform, arch } = machine
  const settings = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1))
  const parts = [
    format,
    app,
    tree,
    appFolder,
    made,
    nodeVersion,
    platform,
    arch,
    settings,
    staticServer,
  ]
  return `sha256-${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`
}

/** Whether a slug is there and was finished: what is half built has a marker beside it. */
export async function isFinished(slug: string): Promise<boolean> {
  return (await exists(slug)) && !(await exists(markerOf(slug)))
}

/** The group of processes that the steps of a build run in, by its mark. */
export const cgroupOf = (mark: string): string => `naru-build-${mark}`

/** Begins a slug from nothing. `mark` is what its steps carry, so that a later Naru can end what they left. */
export async function beginSlug(slug: string, mark: string, runAs: Account | null): Promise<void> {
  await mkdir(dirname(slug), { recursive: true, mode: 0o711 })
  await discardSlug(slug)
  await writeFile(markerOf(slug), mark, { flag: 'wx', mode: 0o600 })
  await mkdir(slug, { mode: 0o700 })
  if (runAs !== null) await chown(slug, runAs.uid, runAs.gid)
}

/** From here on nothing that the account may still run can put a link where root is about to write. */
export async function closeToAccount(slug: string, runAs: Account | null): Promise<void> {
  if (runAs === null) return
  await chown(slug, 0, 0)
  await chmod(slug, 0o700)
}

/** Freezes a slug that is closed to the account and whose steps have all ended, but for paths that are `frozen` already; from here on it is finished. */
export async function finishSlug(
  slug: string,
  runAs: Account | null,
  frozen: readonly string[],
): Promise<void> {
  if (runAs === null) await freeze(slug, null)
  else await freezeAround(slug, runAs, frozen)
  await rm(markerOf(slug))
}

/** Puts the static server into a slug, in place of anything of that name. */
export async function addStaticServer(slug: string, program: string): Promise<void> {
  const file = join(slug, staticServerPath)
  await removeTree(dirname(file))
  await mkdir(dirname(file))
  await copyFile(program, file, constants.COPYFILE_EXCL)
}

/** Removes a slug that is not finished, after ending what still builds it. Its marker goes last. */
export async function discardSlug(slug: string): Promise<void> {
  const marker = markerOf(slug)
  if (await exists(marker)) {
    const mark = await readFile(marker, 'utf8')
    if (mark !== '') {
      await endMarked(`${markName}=${mark}`)
      await removeCgroup(cgroupOf(mark))
    }
  }
  await removeTree(slug)
  await rm(marker, { force: true })
}

/** Ends and removes the half-built slugs that a killed Naru left; for its start, before any build. */
export async function discardHalfBuilt(slugs: string): Promise<void> {
  const markers = (await entries(slugs)).filter((path) => path.endsWith(suffix))
  for (const marker of markers) await discardSlug(marker.slice(0, -suffix.length))
}

const suffix = '.building'
const markerOf = (slug: string): string => `${slug}${suffix}`
