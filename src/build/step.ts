import { type ChildProcess, spawn } from 'node:child_process'
import { type Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Cgroup } from '../base/cgroup.ts'
import type { Command } from '../model/spec.ts'
import type { Account } from './account.ts'
import { endGroup, endMarked } from './process-group.ts'
import { lessUrgent } from './urgency.ts'

export type StepOptions = {
  folder: string
  /** The whole environment of the command. */
  environment: Record<string, string>
  /** "NAME=value" out of `environment` by which processes that left their group are found. */
  mark: string
  runAs: Account | null
  /** That all of it runs in; null: only less urgently. */
  cgroup?: Cgroup | null
  input?: Readable
  /** Takes what the command writes; the command is held back until it returns. */
  output(stream: 'stdout' | 'stderr'): { write(chunk: Buffer): Promise<void>; end(): Promise<void> }
  signal: AbortSignal
  /** Between SIGTERM and SIGKILL when it is cancelled. */
  graceMs?: number
}

export type StepEnd = { exitCode: number | null; signal: string | null }

/**
 * Runs a command to its end in a process group of its own, less urgent than the apps. Whatever it started
 * has ended when this returns. When `signal` aborts, all of it is ended first, then its reason is thrown.
 */
export async function runStep(command: Command, options: StepOptions): Promise<StepEnd> {
  const { signal, input, graceMs = 5000 } = options
  signal.throwIfAborted()
  const child = start(command, options)
  const group = child.pid
  const exit = exitOf(child)
  const outputs = Promise.all([
    drain(child.stdout, options.output('stdout')),
    drain(child.stderr, options.output('stderr')),
  ])
  const fed = feed(child, input)
  // Ended with the group in any case; the first failure of these is thrown below.
  for (const part of [exit, outputs, fed]) part.catch(() => {})
  const cancel = (): void => void (group !== undefined && endGroup(group, graceMs))
  signal.addEventListener('abort', cancel)
  // An output that cannot be written would leave the command waiting for ever.
  outputs.catch(cancel)
  try {
    const end = await exit
    if (group !== undefined) await endGroup(group, 1000)
    await closed(child, outputs, options.mark)
    signal.throwIfAborted()
    const broken = await fed
    if (broken !== null) throw broken
    return end
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

/** Waits for a line on descriptor 3 before it becomes the command; without one it ends. */
const held = ['/bin/sh', '-c', 'read -r go <&3 && exec "$@" 3<&-', 'sh']

function start(command: Command, options: StepOptions): ChildProcess {
  const { folder, environment, runAs, input, cgroup = null } = options
  const [program = '', ...args] = [
    ...(cgroup ? held : []),
    ...lessUrgent,
    ...(typeof command === 'string' ? ['/bin/sh', '-c', command] : command),
  ]
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: [
      input === undefined ? 'ignore' : 'pipe',
      'pipe',
      'pipe',
      ...(cgroup ? ['pipe' as const] : []),
    ],
    ...(runAs ?? {}),
  })
  if (cgroup) admit(child, cgroup)
  return child
}

/** Lets a held process go on once it is in the group: what it had started before would not be in it. */
function admit({ pid, stdio }: ChildProcess, cgroup: Cgroup): void {
  const gate = stdio[3]
  if (pid === undefined || !(gate instanceof Writable)) return // It did not start: its 'error' says why.
  gate.on('error', () => {}) // Ended before it could read: its exit says so.
  try {
    cgroup.add(pid)
    gate.end('\n')
  } catch (error) {
    gate.destroy()
    throw error
  }
}

function exitOf(child: ChildProcess): Promise<StepEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })
}

async function drain(
  stream: Readable | null,
  sink: ReturnType<StepOptions['output']>,
): Promise<void> {
  try {
    for await (const chunk of stream ?? []) await sink.write(chunk)
  } catch (error) {
    // We close the pipe ourselves when a process that cannot be found holds it open.
    if (!isPremature(error)) throw error
  }
  await sink.end()
}

/** The failure of the input itself; that a command does not want all of it is none, its exit code says why. */
async function feed({ stdin }: ChildProcess, input: Readable | undefined): Promise<unknown> {
  if (input === undefined || stdin === null) return null
  try {
    await pipeline(input, stdin)
    return null
  } catch (error) {
    return hasCode(error, 'EPIPE') || isPremature(error) ? null : error
  }
}

/** Waits for the ends of the output; what still holds them open after the group has ended is found by its mark. */
async function closed(child: ChildProcess, outputs: Promise<unknown>, mark: string): Promise<void> {
  if (await settledWithin(outputs, 200)) return
  await endMarked(mark)
  if (await settledWithin(outputs, 2000)) return
  child.stdout?.destroy()
  child.stderr?.destroy()
  await outputs
}

async function settledWithin(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const limit = new AbortController()
  const late = pause(limitMs, false, { signal: limit.signal }).catch(() => false)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    limit.abort()
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
const isPremature = (error: unknown): boolean => hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE')
