import {
  chmod,
  lchown,
  lstat,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { entries } from './files.ts'

/** A larger file is no script and no list of paths. */
const limitBytes = 1024 * 1024

/**
 * Writes a slug's own path where the files named still hold that of the slug in which they were made, as the first
 * lines of installed scripts do. Each file is replaced, not written to: it may have other names elsewhere.
 */
export async function movePaths(
  slug: string,
  paths: readonly string[],
  origin: string,
): Promise<void> {
  if (origin === slug) return
  for (const path of paths) await move(join(slug, path), origin, slug)
}

async function move(path: string, origin: string, slug: string): Promise<void> {
  const found = await lstat(path).catch(nullWhereNone)
  if (found === null) return
  if (found.isDirectory()) for (const entry of await entries(path)) await move(entry, origin, slug)
  else if (found.isSymbolicLink()) await moveLink(path, origin, slug)
  else if (found.isFile() && found.size <= limitBytes) await moveFile(path, found, origin, slug)
}

async function moveLink(path: string, origin: string, slug: string): Promise<void> {
  const target = await readlink(path)
  if (target !== origin && !target.startsWith(`${origin}/`)) return
  await openFolder(dirname(path))
  await rm(path)
  await symlink(`${slug}${target.slice(origin.length)}`, path)
}

type Rights = { mode: number; uid: number; gid: number }

async function moveFile(path: string, { mode, uid, gid }: Rights, origin: string, slug: string) {
  // Byte for byte: it need not be text.
  const text = await readFile(path, 'latin1')
  if (!text.includes(origin)) return
  await openFolder(dirname(path))
  const beside = `${path}.naru-moved`
  await writeFile(beside, text.replaceAll(origin, slug), { encoding: 'latin1', flag: 'wx' })
  if (process.getuid?.() === 0) await lchown(beside, uid, gid)
  await chmod(beside, mode & 0o7777)
  await rename(beside, path)
}

/** Frozen as the folder that it was copied from; it is the slug's own all the same, and is frozen with it in the end. */
async function openFolder(path: string): Promise<void> {
  if (process.getuid?.() === 0) return
  await chmod(path, ((await lstat(path)).mode & 0o7777) | 0o200)
}

function nullWhereNone(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
