import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { chmod, rename, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { type ProcessIdentity, parseEntry, readsItself } from '../../base/processes.ts'
import type { Exit } from '../../model/instance.ts'
import type { Command } from '../../model/spec.ts'
import type { AppIdentity } from './places.ts'

export type Launch = {
  /** The launcher's script. */
  script: string
  command: Command
  folder: string
  environment: Record<string, string>
  identity: AppIdentity
  /** Both are appended to. */
  outputFile: string
  runFile: string
}

/**
 * Stands between Naru and a program, and outlives Naru. The first line of the run file decides who has
 * it: its own, and the program runs; a server's "void" (`settleRun`), and it never will. Then it notes how the program
 * ended. It traps the signals that its group gets, rather than ignore them, since a program would inherit that. What
 * the shell itself says of a program that a signal has ended, "Terminated", is not the program's output.
 */
const script = `# Naru's launcher: notes in file 3 that a program runs and how it ended.
unset PWD OLDPWD SHLVL
${readsItself}
printf 'start %s\\n' "$stat" >&3
IFS= read -r first <&4
[ "$first" = "start $stat" ] || exit 0
trap : TERM INT HUP QUIT USR1 USR2
exec 4<&- 5>&2 2>/dev/null
(exec "$@" 2>&5 3>&- 5>&-)
printf 'exit %s\\n' "$?" >&3
`

/**
 * Between Naru and a command that somebody runs by hand. On a terminal it says at the end, by the word it is given as its
 * first argument, that all is written, and how the command ended; it waits to be ended then, since the end of the one who
 * leads a terminal's session throws away what was not read yet. Without a terminal it puts a pipe without a name in front:
 * the command may open its input again, /dev/stdin, after the last of it was sent, and would wait for ever for a pipe with
 * a name.
 */
const sessionScript = `# Naru's way to a command that is run by hand.
unset PWD OLDPWD SHLVL
last=$1
shift
trap : TERM INT HUP QUIT USR1 USR2
if [ -t 0 ]; then
  exec 4>&2 2>/dev/null
  (exec "$@" 2>&4 4>&-)
  code=$?
  printf '%s%s;' "$last" "$code"
  read -r never
  exit "$code"
fi
exec 3<&0 4>&2 </dev/null 2>/dev/null
{ cat <&3 3<&- 4>&- & } | (exec "$@" 2>&4 3<&- 4>&-)
`

/** Writes the scripts where every app can read them, and returns their paths. */
export async function writeLauncher(folder: string): Promise<{ script: string; session: string }> {
  return {
    script: await writeScript(join(folder, 'launch.sh'), script),
    session: await writeScript(join(folder, 'session.sh'), sessionScript),
  }
}

async function writeScript(file: string, text: string): Promise<string> {
  await writeFile(`${file}.new`, text)
  await chmod(`${file}.new`, 0o755)
  await rename(`${file}.new`, file)
  return file
}

/** Starts a program in a session and group of its own. It goes on when this process ends. */
export function launch(it: Launch): ChildProcess {
  const files = [
    openSync(it.outputFile, 'a'),
    openSync(it.runFile, 'a', 0o600),
    openSync(it.runFile, 'r'),
  ] as const
  try {
    const [output, note, look] = files
    const child = spawn('/bin/sh', [it.script, ...argumentsOf(it.command)], {
      ...it.identity,
      cwd: it.folder,
      env: it.environment,
      detached: true,
      stdio: ['ignore', output, output, note, look],
    })
    child.unref()
    return child
  } finally {
    for (const file of files) closeSync(file)
  }
}

/** What a run file says. */
export type RunNote = {
  /** The launcher; null if the program was never started and never will be. */
  leader: ProcessIdentity | null
  /** Null while the launcher has not noted an end. */
  exit: Pick<Exit, 'code' | 'signal'> | null
  /** When it noted that, ISO 8601. */
  endedAt: string | null
}

/**
 * Reads a run file of a server that is gone, and makes sure that a launcher which has not begun never does: whichever line
 * comes first counts.
 */
export function settleRun(file: string): RunNote {
  const isBegun = existsSync(file) && statSync(file).size > 0
  if (!isBegun) writeFileSync(file, 'void\n', { flag: 'a', mode: 0o600 })
  return readRun(file)
}

export function readRun(file: string): RunNote {
  const lines = readFileSync(file, 'latin1').split('\n')
  const leader = lines[0]?.startsWith('start ') ? parseEntry(lines[0].slice('start '.length)) : null
  const status = lines.find((line) => line.startsWith('exit '))?.slice('exit '.length)
  if (status === undefined) return { leader, exit: null, endedAt: null }
  return { leader, exit: readStatus(Number(status)), endedAt: statSync(file).mtime.toISOString() }
}

/** How a program ended. `signal` ended its launcher, and counts if that has noted nothing. */
export const exitOf = ({ exit, endedAt }: RunNote, signal: string | null): Exit => ({
  ...(exit ?? { code: null, signal }),
  at: endedAt ?? new Date().toISOString(),
})

/** Never the message of an error: it may quote a value of the environment. */
export function whyNotStarted(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
  return `cannot be started: ${code}`
}

/** A shell says 128 and the signal's number of a program that a signal has ended. */
export function readStatus(status: number): Pick<Exit, 'code' | 'signal'> {
  const signal = Object.entries(constants.signals).find(
    ([, number]) => number === status - 128,
  )?.[0]
  return signal === undefined ? { code: status, signal: null } : { code: null, signal }
}

/** The program and its arguments: a text is the shell's. */
export const argumentsOf = (command: Command): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : command
