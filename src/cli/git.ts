import { NaruError } from '../base/error.ts'
import { type ProgramResult, runProgram } from '../base/program.ts'

/** Runs git in a person's repository, with that person's configuration; `git.failed` unless it exits with one of `codes`. */
export async function git(
  folder: string,
  args: readonly string[],
  codes: readonly number[] = [0],
): Promise<string> {
  const { code, stdout, stderr } = await run(folder, args)
  if (code !== null && codes.includes(code)) return stdout.toString().trim()
  throw new NaruError('git.failed', { command: `git ${args[0]}`, reason: reasonOf(stderr) })
}

/** The folder of the repository that this folder is in; `repository.none` outside of any. */
export async function repositoryRoot(folder: string): Promise<string> {
  const { code, stdout, stderr } = await run(folder, ['rev-parse', '--show-toplevel'])
  const root = stdout.toString().trim()
  if (code === 0 && root !== '') return root
  if (/not a git repository|must be run in a work tree/.test(stderr))
    throw new NaruError('repository.none', { folder })
  throw new NaruError('git.failed', { command: 'git rev-parse', reason: reasonOf(stderr) })
}

async function run(folder: string, args: readonly string[]): Promise<ProgramResult> {
  try {
    return await runProgram('git', ['-C', folder, ...args], {
      environment: { ...process.env, LC_ALL: 'C' },
    })
  } catch (cause) {
    throw new NaruError('git.missing', {}, { cause })
  }
}

const reasonOf = (stderr: string): string =>
  stderr
    .trim()
    .split('\n')[0]
    ?.replace(/^fatal: /, '') || 'it did not say why'
