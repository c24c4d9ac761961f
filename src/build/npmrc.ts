import { chown, open, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Account } from './account.ts'

/**
 * Lends the npm settings of whoever runs Naru to the account that builds, as `.npmrc` in its home, where only
 * that account can read it: it may hold a token. `take` removes it; every build ends with it.
 */
export async function lendNpmrc(
  host: NodeJS.ProcessEnv,
  home: string,
  runAs: Account | null,
): Promise<{ take(): Promise<void> }> {
  const lent = join(home, '.npmrc')
  const take = () => rm(lent, { force: true })
  await take()
  const text = await hostNpmrc(host)
  if (text === null) return { take }
  // `wx` never follows a link that an earlier build may have put there.
  const file = await open(lent, 'wx', 0o600)
  try {
    await file.writeFile(relevant(text, host))
  } finally {
    await file.close()
  }
  if (runAs !== null) await chown(lent, runAs.uid, runAs.gid)
  return { take }
}

/** Null where there is none or it is not ours to read. */
async function hostNpmrc(host: NodeJS.ProcessEnv): Promise<string | null> {
  const file =
    host.npm_config_userconfig ??
    host.NPM_CONFIG_USERCONFIG ??
    join(host.HOME ?? homedir(), '.npmrc')
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENOTDIR' || code === 'EISDIR')
      return null
    throw error
  }
}

const own =
  /^\s*(cache|prefix|userconfig|globalconfig|logs-dir|tmp|init[.-][\w.-]+|global|omit|production)\s*=/

/** Without folders of its owner; with the values that npm would have read from its owner's environment. */
function relevant(text: string, host: NodeJS.ProcessEnv): string {
  return text
    .split('\n')
    .filter((line) => !own.test(line))
    .join('\n')
    .replace(/\$\{([A-Za-z_]\w*)\}/g, (written, name: string) => host[name] ?? written)
}
