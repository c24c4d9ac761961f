import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { recordProcess } from './process-record.ts'
import { reportFd, reportVariable, type StartReport, successorVariable } from './protocol.ts'

/** A supervisor that was started, and what its router said of its start: null when it ended without a word. */
export type Supervised = { pid: number; report: Promise<StartReport | null>; kill(): void }

export type SupervisedStart = {
  folder: string
  /** The router's program with all its arguments; no shell reads them. */
  command: readonly string[]
  /** A listening socket of this process, which the caller closes here as soon as this returns. */
  socket: number
  /** Process id of the router that hands over, if one does. */
  after?: number
}

/** From the start to the first word. */
const startWithinMs = 10_000

/** The file in the router's folder that names the supervisor, for when nobody answers. */
export const supervisorFile = (folder: string): string => join(folder, 'supervisor.json')

/**
 * Starts a supervisor as a process that outlives this one. It keeps the listening socket open and the router
 * running. What fails before the first word leaves nothing behind.
 */
export function startSupervised({ folder, command, socket, after }: SupervisedStart): Supervised {
  const log = join(folder, 'router.log')
  const output = openSync(log, 'a', 0o600)
  const child = spawn('/bin/sh', ['-c', supervision, 'naru-router', log, ...command], {
    detached: true,
    cwd: '/',
    // Nothing of this process's environment: it holds secrets, and the router needs none of it.
    env: {
      PATH: '/usr/bin:/bin',
      [reportVariable]: String(reportFd),
      ...(after === undefined ? {} : { [successorVariable]: String(after) }),
    },
    stdio: ['ignore', output, output, socket, 'pipe'],
  })
  closeSync(output)
  const pid = child.pid ?? 0
  child.on('error', () => {}) // Then it has no process id, and the pipe ends without a word.
  child.unref()
  const kill = () => killGroup(pid)
  try {
    if (pid > 0) recordProcess(supervisorFile(folder), pid)
  } catch (error) {
    kill() // Nobody would find it again.
    throw error
  }
  const report = firstWord(child.stdio[reportFd] as Socket).then((said) => {
    if (said?.listening !== true) kill()
    return said
  })
  return { pid, report, kill }
}

/** Ends a supervisor and its router at once. */
export function killGroup(pid: number): void {
  if (pid <= 1) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

function firstWord(pipe: Socket): Promise<StartReport | null> {
  return new Promise((resolve) => {
    let text = ''
    const settle = () => {
      clearTimeout(timer)
      pipe.destroy()
      resolve(text.endsWith('\n') ? (JSON.parse(text) as StartReport) : null)
    }
    const timer = setTimeout(settle, startWithinMs)
    pipe.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.endsWith('\n')) settle()
    })
    pipe.on('error', settle)
    pipe.on('close', settle)
  })
}

/**
 * What the supervisor does, in the words of every Unix: a fixed text whose arguments are the log and the router's
 * command. 3 is the listening socket, which no router's death closes: visitors wait in it. 4 is where the first router
 * reports. A router that ends with 0 is not started again; one that dies is, at once, but after six deaths of less than
 * five seconds’ life with growing pauses. A system without `sleep` gets no busy loop. TERM frees the address and ends it all.
 */
const supervision = `
umask 077
log=$1
shift
ending=
child=
early=0
trap 'ending=1; exec 3<&-; kill -TERM "$child" 2>/dev/null' TERM INT
while :; do
  born=$(date +%s)
  "$@" &
  child=$!
  exec 4>&-
  unset ${reportVariable} ${successorVariable}
  [ -z "$ending" ] || kill -TERM "$child" 2>/dev/null
  wait "$child"
  code=$?
  while [ "$code" -gt 128 ] && kill -0 "$child" 2>/dev/null; do
    wait "$child"
    code=$?
  done
  [ -z "$ending" ] && [ "$code" -ne 0 ] || exit 0
  {
    [ "$(wc -c <"$log")" -lt 4194304 ] || mv -f "$log" "$log.1"
    (exec >>"$log") && exec >>"$log"
  } 2>/dev/null
  exec 2>&1
  if [ "$(($(date +%s) - born))" -lt 5 ]; then early=$((early + 1)); else early=0; fi
  [ "$early" -gt 5 ] || continue
  sleep "$((early < 20 ? early - 5 : 15))" &
  child=$!
  wait "$child" || exit 1
done
`
