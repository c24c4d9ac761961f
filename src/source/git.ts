import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { NaruError } from '../base/error.ts'
import { type ProgramResult, runProgram } from '../base/program.ts'

/** The oldest git with the `proc-receive` hook. */
export const neededGit = '2.29'

/** The version of the git that Naru would use, "2.39.5"; `git.missing`, or `git.too-old` below `neededGit`. */
export async function checkGit(path = process.env['PATH']): Promise<string> {
  const said = await askVersion(path)
  const found = versionIn(said)
  if (found === undefined || !fitsGit(found)) {
    throw new NaruError('git.too-old', { found: found ?? said, needed: neededGit })
  }
  return found
}

/** The version of the git that is found here, whether or not it fits; null where there is none that says it. */
export async function gitVersion(): Promise<string | null> {
  try {
    return versionIn(await askVersion(process.env['PATH'])) ?? null
  } catch {
    return null // Not there, not ours to run, broken: whoever asks for the version has none of use.
  }
}

export const fitsGit = (version: string): boolean => reaches(version, neededGit)

async function askVersion(path: string | undefined): Promise<string> {
  const { stdout } = await run(['--version'], { environment: { ...gitEnvironment(), PATH: path } })
  return stdout.toString().trim()
}

const versionIn = (said: string): string | undefined => /\d+(?:\.\d+)+/.exec(said)?.[0]

export type GitOptions = {
  /** Absolute path of the bare repository; left out for commands that need none. */
  repository?: string
  environment?: Record<string, string>
  input?: string
  /** Exit codes that are an answer rather than a failure; 0 alone unless said. */
  codes?: readonly number[]
  limitBytes?: number
}

/** Runs git to its end, untouched by anyone's configuration; `git.failed` with the last thing it said unless its exit code is one of `codes`. */
export async function git(
  args: readonly string[],
  {
    repository,
    environment = {},
    input,
    codes = [0],
    limitBytes = 64 * 1024 * 1024,
  }: GitOptions = {},
): Promise<{ code: number; stdout: Buffer }> {
  const command = `git ${args[0]}`
  const { code, stdout, stderr } = await run(inRepository(args, repository), {
    environment: { ...gitEnvironment(), ...environment },
    limitBytes,
    ...(input === undefined ? {} : { input }),
  })
  if (code !== null && codes.includes(code)) return { code, stdout }
  throw new NaruError('git.failed', { command, reason: gitReason(stderr, code, limitBytes) })
}

/** Starts git with its streams open, in the same clean environment and whatever is added to it. */
export function startGit(
  args: readonly string[],
  {
    repository,
    environment = {},
    lifeline = false,
  }: {
    repository?: string
    environment?: Record<string, string>
    /** Whether git and its hooks get a stream, number `lifelineStream`, that closes when this process has ended. */
    lifeline?: boolean
  } = {},
): ChildProcessWithoutNullStreams {
  return spawn('git', inRepository(args, repository), {
    env: { ...gitEnvironment(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe', ...(lifeline ? (['pipe'] as const) : [])],
  }) as ChildProcessWithoutNullStreams
}

export const lifelineStream = 3

/** Why git failed, in one line, from all that it wrote to its stderr. */
export function gitReason(stderr: string, code: number | null, limitBytes = 0): string {
  const said = stderr.trim().split('\n').at(-1)?.trim()
  if (said) return said
  return code === null
    ? `it was killed, or wrote more than ${limitBytes} bytes`
    : `exit code ${code}`
}

/** What to throw when git could not even be started. */
export function startFailure(error: unknown): unknown {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  return missing ? new NaruError('git.missing', {}, { cause: error }) : error
}

/**
 * Neither the machine's configuration, nor that of the account which runs Naru, nor a `GIT_*` variable around it
 * may change what git does. HOME is none for git before 2.32, which does not know GIT_CONFIG_GLOBAL. The data
 * folder may belong to another user (root looks after it), so that its owner is not asked for.
 */
function gitEnvironment(): Record<string, string | undefined> {
  return {
    PATH: process.env['PATH'],
    TMPDIR: process.env['TMPDIR'],
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
    GIT_TERMINAL_PROMPT: '0',
  }
}

/** `--git-dir` names the repository outright: git then looks for none, and never at who owns it. */
const inRepository = (args: readonly string[], repository: string | undefined) =>
  repository === undefined ? args : [`--git-dir=${repository}`, ...args]

async function run(
  args: readonly string[],
  options: NonNullable<Parameters<typeof runProgram>[2]>,
): Promise<ProgramResult> {
  try {
    return await runProgram('git', args, options)
  } catch (error) {
    throw startFailure(error)
  }
}

function reaches(found: string, needed: string): boolean {
  const [major = 0, minor = 0] = found.split('.').map(Number)
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number)
  return major > neededMajor || (major === neededMajor && minor >= neededMinor)
}
