import { renameSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runProgram } from '../base/program.ts'
import { removeTree } from '../base/tree.ts'
import { entries } from './files.ts'

/** Where one app's builds keep what they make. */
export type CacheFolders = { app: string; slugs: string; dependencies: string; buildHome: string }

/** Bytes on disk. A file with several names, as the packages of a slug may have, counts once. */
export type CacheUse = {
  usedBytes: number
  /** Slugs: what releases and kept builds need, and what the next collection finds that nothing needs. */
  slugBytes: number
  /** Installed packages and package managers' caches: what can be made again. */
  cacheBytes: number
}

/** What slugs and caches take on the disk now. */
export async function cacheUse(apps: readonly CacheFolders[]): Promise<CacheUse> {
  return sum(await measured(apps))
}

/**
 * Removes caches, those used longest ago first, until slugs and caches together take no more than the limit. Slugs are
 * the collector's: only it knows which of them a release needs. Leaves alone whatever an app `isBusy` with has. Answers
 * with what is left, which is more than the limit where the slugs alone are.
 */
export async function trimCaches(
  apps: readonly CacheFolders[],
  limitBytes: number,
  isBusy: (app: string) => boolean,
): Promise<CacheUse> {
  await removeLeftovers(apps)
  const found = await measured(apps)
  const use = sum(found)
  const oldestFirst = found.filter((part) => part.usedMs !== null).reverse()
  for (const { app, path, bytes } of oldestFirst) {
    if (use.usedBytes <= limitBytes) break
    if (bytes === 0 || isBusy(app)) continue
    // In one step, and in the same turn as the question: a build that begins now finds all of it or nothing.
    const aside = asideOf(path)
    renameSync(path, aside)
    await removeTree(aside)
    use.usedBytes -= bytes
    use.cacheBytes -= bytes
  }
  return use
}

type Part = {
  app: string
  path: string
  /** When a build used it last; null for a slug. */
  usedMs: number | null
  bytes: number
}

const sum = (parts: readonly Part[]): CacheUse => {
  const of = (isSlug: boolean) =>
    parts
      .filter(({ usedMs }) => (usedMs === null) === isSlug)
      .reduce((all, { bytes }) => all + bytes, 0)
  return { usedBytes: of(true) + of(false), slugBytes: of(true), cacheBytes: of(false) }
}

/**
 * Slugs first, then caches from the one used last. Bytes that an earlier one has under another name are not counted
 * again, so that what a part has is what its removal frees when all after it are gone.
 */
async function measured(apps: readonly CacheFolders[]): Promise<Part[]> {
  const parts: Omit<Part, 'bytes'>[] = []
  for (const { app, slugs, dependencies, buildHome } of apps) {
    for (const path of await entries(slugs)) parts.push({ app, path, usedMs: null })
    for (const path of await entries(dependencies))
      parts.push({ app, path, usedMs: await changedMs(path) })
    const usedMs = await changedMs(buildHome)
    for (const path of await entries(buildHome)) parts.push({ app, path, usedMs })
  }
  parts.sort((one, other) => (other.usedMs ?? Infinity) - (one.usedMs ?? Infinity) || 0)
  const bytes = await bytesOf(parts.map(({ path }) => path))
  return parts.map((part) => ({ ...part, bytes: bytes.get(part.path) ?? 0 }))
}

/** By one `du`, which counts a file with several names where it meets it first. What vanishes meanwhile has none. */
async function bytesOf(paths: readonly string[]): Promise<Map<string, number>> {
  if (paths.length === 0) return new Map()
  const { stdout } = await runProgram('du', ['-skx', '--', ...paths])
  const lines = stdout.toString().split('\n').filter(Boolean)
  return new Map(
    lines.map((line) => {
      const [kilobytes = '', path = ''] = line.split('\t')
      return [path, Number(kilobytes) * 1024]
    }),
  )
}

async function changedMs(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}

const suffix = '.naru-removing'
const asideOf = (path: string): string => join(dirname(path), `${basename(path)}${suffix}`)

/** What a Naru that was killed in the middle was about to remove, and what a build has named so that `du` cannot tell it. */
async function removeLeftovers(apps: readonly CacheFolders[]): Promise<void> {
  for (const { dependencies, buildHome } of apps)
    for (const path of [...(await entries(dependencies)), ...(await entries(buildHome))])
      if (path.endsWith(suffix) || path.includes('\n')) await removeTree(path)
}
