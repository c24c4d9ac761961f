import { chown, lstat, mkdir, open, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { removeTree } from '../base/tree.ts'
import type { Account } from './account.ts'
import { npmrcFor } from './npmrc.ts'

/** A file of settings of whoever runs Naru, and where a build finds it in its home. */
type HostFile = {
  to: string
  /** Where it may lie on the host, the first that is there counts. */
  from(host: NodeJS.ProcessEnv, home: string): string[]
  /** What a build gets of it. */
  text?(text: string, host: NodeJS.ProcessEnv): string
}

/** Folders of its owner would not be writable for the account that builds. */
function withoutLines(own: RegExp): (text: string) => string {
  return (text) =>
    text
      .split('\n')
      .filter((line) => !own.test(line))
      .join('\n')
}

/** /etc/pip.conf needs no lending: every account reads it. */
const hostFiles: readonly HostFile[] = [
  {
    to: '.npmrc',
    from: (host, home) => [
      host['npm_config_userconfig'] ?? host['NPM_CONFIG_USERCONFIG'] ?? join(home, '.npmrc'),
    ],
    text: npmrcFor,
  },
  { to: '.yarnrc.yml', from: (_host, home) => [join(home, '.yarnrc.yml')] },
  {
    to: '.config/pip/pip.conf',
    from: (host, home) => [
      host['PIP_CONFIG_FILE'] ??
        join(host['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'pip/pip.conf'),
      join(home, '.pip/pip.conf'),
    ],
    text: withoutLines(/^\s*(cache-dir|target|prefix|root|log|user|src|build|python)\s*=/),
  },
  {
    to: '.config/uv/uv.toml',
    from: (host, home) => [
      host['UV_CONFIG_FILE'] ??
        join(host['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'uv/uv.toml'),
    ],
  },
  {
    to: '.cargo/config.toml',
    from: (host, home) => {
      const folder = host['CARGO_HOME'] ?? join(home, '.cargo')
      return [join(folder, 'config.toml'), join(folder, 'config')]
    },
  },
  {
    to: '.cargo/credentials.toml',
    from: (host, home) => [join(host['CARGO_HOME'] ?? join(home, '.cargo'), 'credentials.toml')],
  },
  {
    to: '.m2/settings.xml',
    from: (_host, home) => [join(home, '.m2/settings.xml')],
    text: (text) => text.replace(/<localRepository>[^<]*<\/localRepository>/g, ''),
  },
  {
    to: '.config/go/env',
    from: (host, home) => [host['GOENV'] ?? join(home, '.config/go/env')],
    text: withoutLines(/^\s*(GOPATH|GOBIN|GOCACHE|GOMODCACHE|GOTMPDIR|GOROOT)=/),
  },
]

/**
 * Lends the package managers' settings of whoever runs Naru to the account that builds, in its home, where only that
 * account can read them: they may hold tokens. `take` removes them; every build ends with it.
 */
export async function lendHostFiles(
  host: NodeJS.ProcessEnv,
  buildHome: string,
  runAs: Account | null,
): Promise<{ take(): Promise<void> }> {
  const others = borrowers.get(buildHome) ?? { count: 0, lent: Promise.resolve() }
  borrowers.set(buildHome, others)
  others.count += 1
  if (others.count === 1) others.lent = others.lent.then(() => lendAll(host, buildHome, runAs))
  const take = async (): Promise<void> => {
    others.count -= 1
    // What another build of the app has not read yet stays until it ends.
    if (others.count > 0) return
    others.lent = others.lent.then(() => takeAll(buildHome))
    await others.lent
    if (others.count === 0) borrowers.delete(buildHome)
  }
  try {
    await others.lent
  } catch (error) {
    others.lent = Promise.resolve()
    await take()
    throw error
  }
  return { take }
}

/** Builds that use a home now: two environments of an app may be built at once. */
const borrowers = new Map<string, { count: number; lent: Promise<void> }>()

async function takeAll(buildHome: string): Promise<void> {
  for (const { to } of hostFiles)
    if (await isOwnFolder(buildHome, dirname(to))) await rm(join(buildHome, to), { force: true })
}

async function lendAll(
  host: NodeJS.ProcessEnv,
  buildHome: string,
  runAs: Account | null,
): Promise<void> {
  await takeAll(buildHome)
  const home = host['HOME'] ?? homedir()
  for (const file of hostFiles) {
    const text = await firstText(file.from(host, home))
    if (text !== null) await lend(join(buildHome, file.to), file.text?.(text, host) ?? text)
  }

  async function lend(path: string, text: string): Promise<void> {
    await makeFolders(buildHome, dirname(path), runAs)
    // `wx` never follows a link that an earlier build may have put there.
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    if (runAs !== null) await chown(path, runAs.uid, runAs.gid)
  }
}

/** The folders on the way, each one itself: what an earlier build has put in the place of one is removed. */
async function makeFolders(home: string, folder: string, runAs: Account | null): Promise<void> {
  if (folder === home) return
  await makeFolders(home, dirname(folder), runAs)
  if (await isFolder(folder)) return
  await removeTree(folder)
  await mkdir(folder, { mode: 0o700 })
  if (runAs !== null) await chown(folder, runAs.uid, runAs.gid)
}

async function isOwnFolder(home: string, below: string): Promise<boolean> {
  if (below === '.') return true
  return (await isOwnFolder(home, dirname(below))) && (await isFolder(join(home, below)))
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}

async function firstText(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      // There is none, or it is not ours to read.
      if (!isAbsent(error)) throw error
    }
  }
  return null
}

const isAbsent = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR'].includes(String(error.code))
