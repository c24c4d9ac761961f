import { spawn } from 'node:child_process'

export type ProgramOptions = {
  folder?: string
  /** The whole environment of the program; the caller's own if left out. */
  environment?: NodeJS.ProcessEnv
  input?: string | Buffer
  signal?: AbortSignal
  /** Output beyond this is refused by killing the program. */
  limitBytes?: number
}

export type ProgramResult = {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: Buffer
  stderr: string
}

/** Runs a program by its argument list, never through a shell, and collects what it says. Rejects only if it cannot be started. */
export function runProgram(
  program: string,
  args: readonly string[],
  { folder, environment, input, signal, limitBytes = 64 * 1024 * 1024 }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: environment,
      signal,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    let size = 0
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length
      if (size > limitBytes) child.kill('SIGKILL')
      else into.push(chunk)
    }
    child.stdout.on('data', collect(out))
    child.stderr.on('data', collect(err))
    child.on('error', reject)
    child.stdin.on('error', () => {}) // A program that ends without reading its input is no failure of ours.
    child.stdin.end(input)
    // A program may be over before the kill reaches it: what it said is cut all the same.
    child.on('close', (...end) => {
      const [code, exitSignal] = size > limitBytes ? ([null, 'SIGKILL'] as const) : end
      resolve({
        code,
        signal: exitSignal,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString(),
      })
    })
  })
}
