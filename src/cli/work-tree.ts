import { homedir } from 'node:os'
import { join } from 'node:path'
import { NaruError } from '../base/error.ts'
import { runProgram } from '../base/program.ts'
import { askGit } from './app-name.ts'
import { IgnoreRules, textIfThere } from './ignore-rules.ts'

/** What git knows of a folder in a work tree. Paths begin at the folder. */
export type WorkTree = {
  /** Files that differ from the last commit, new ones among them. */
  changes: number
  /** Files that are in the index, whatever ignore files say of them, and the folders that hold them. */
  known: ReadonlySet<string>
  knownFolders: ReadonlySet<string>
  /** The rules of the account, the repository and the folders above this one. */
  rules: IgnoreRules
}

/** Undefined outside of a work tree, without git, and for a folder that git leaves out itself, as `dist` may be. */
export async function readWorkTree(folder: string): Promise<WorkTree | undefined> {
  const root = await askGit(folder, ['rev-parse', '--show-toplevel'])
  if (!root) return undefined
  const { code } = await runProgram('git', ['-C', folder, 'check-ignore', '--quiet', '.'])
  if (code === 0) return undefined
  const known = await listed(folder, ['ls-files', '-z'])
  const status = ['status', '--porcelain', '-z', '--untracked-files=all', '--no-renames']
  return {
    changes: (await listed(folder, [...status, '--', '.'])).length,
    known: new Set(known),
    knownFolders: new Set(known.flatMap(foldersOf)),
    rules: await rulesAbove(root, folder),
  }
}

async function rulesAbove(root: string, folder: string): Promise<IgnoreRules> {
  const prefix = (await askGit(folder, ['rev-parse', '--show-prefix'])) ?? ''
  const begin = (path: string) => `${prefix}${path}`
  const texts = [
    await textIfThere(await accountExcludes(folder)),
    await textIfThere(
      join(root, (await askGit(root, ['rev-parse', '--git-path', 'info/exclude'])) ?? ''),
    ),
  ]
  let rules = IgnoreRules.none.with(texts.join('\n'), begin)
  const names = prefix.split('/').filter(Boolean)
  for (let depth = 0; depth < names.length; depth += 1) {
    const above = names
      .slice(0, depth)
      .map((name) => `${name}/`)
      .join('')
    rules = await rules.withFile(join(root, above), '.gitignore', (path) =>
      begin(path).slice(above.length),
    )
  }
  return rules
}

async function accountExcludes(folder: string): Promise<string> {
  const named = await askGit(folder, ['config', '--type=path', '--get', 'core.excludesFile'])
  if (named) return named
  const home = process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config')
  return join(home, 'git/ignore')
}

/** Every entry of an answer whose entries end with NUL. */
async function listed(folder: string, args: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram('git', ['-C', folder, ...args], {
    environment: { ...process.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' },
    limitBytes: 256 * 1024 * 1024,
  })
  if (code === 0) return stdout.toString().split('\0').filter(Boolean)
  const reason = stderr.trim().split('\n')[0] ?? ''
  throw new NaruError('git.failed', { command: `git ${args[0]}`, reason })
}

const foldersOf = (path: string): string[] => {
  const names = path.split('/').slice(0, -1)
  return names.map((_, index) => names.slice(0, index + 1).join('/'))
}
