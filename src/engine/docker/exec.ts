import { readFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import type Dockerode from 'dockerode'
import { NaruError } from '../../base/error.ts'
import type { InstanceCommand, TerminalSize } from '../engine.ts'
import { pause } from '../pause.ts'
import { takeApart } from './attached.ts'
import type { StartedCommand } from './command.ts'
import { isStatus, refusalOf } from './daemon.ts'
import type { DockerSurroundings } from './surroundings.ts'

/**
 * Starts a command in a container that runs, as its user, with its environment and in its working folder. It leads a
 * session and a group of its own. Throws `engine.start-failed`.
 */
export async function execIn(
  around: DockerSurroundings,
  container: string,
  { command, terminal }: Omit<InstanceCommand, 'instance'>,
): Promise<StartedCommand> {
  const { daemon, log } = around
  const words = typeof command === 'string' ? ['/bin/sh', '-c', command] : [...command]
  try {
    const exec = await daemon.call((docker) =>
      docker.getContainer(container).exec({
        Cmd: words,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: terminal !== null,
        ...(terminal === null ? {} : { Env: [`TERM=${terminal.kind}`] }),
      }),
    )
    const stream = (await daemon.call(
      () => exec.start({ hijack: true, stdin: true, Tty: terminal !== null }),
      60_000,
    )) as Duplex
    const left = new Promise<void>((resolve) => stream.once('close', resolve))
    const parts = takeApart(stream, terminal !== null)
    const resize = ({ columns, rows }: TerminalSize): Promise<void> =>
      daemon
        .call(() => exec.resize({ w: columns, h: rows }))
        .then(() => {})
        .catch((error: unknown) =>
          log.warn('a terminal keeps its size', { reason: refusalOf(error) }),
        )
    // Before anybody types: daemons before version 23 start it with none.
    if (terminal !== null) await resize(terminal)
    const signal = (name: string): Promise<void> =>
      signalTo(around, container, exec, name).catch((error: unknown) =>
        log.warn('a command was not told to end', { signal: name, reason: refusalOf(error) }),
      )
    const over = new AbortController()
    const ended = left.then(() => endOf(around, exec))
    const gone = ended.then(() => over.abort())
    for (const later of [ended, gone]) later.catch(() => {}) // Whoever waits for it is told.
    return {
      ...parts,
      resize: (size) => void (terminal !== null && resize(size)),
      signal: (name) => void signal(name),
      ended,
      gone,
      async end(graceSeconds) {
        await signal('SIGHUP')
        if (await pause(graceSeconds * 1000, over.signal)) await signal('SIGKILL')
        await gone
      },
    }
  } catch (error) {
    if (error instanceof NaruError) throw error
    const facts = { instance: 'the command', reason: refusalOf(error) }
    throw new NaruError('engine.start-failed', facts, { cause: error })
  }
}

/** Its code is there a moment after its streams have ended; of one whose container is gone there is none. */
async function endOf(
  { daemon, closing }: DockerSurroundings,
  exec: Dockerode.Exec,
): Promise<{ code: number | null; signal: string | null }> {
  for (;;) {
    try {
      const { Running, ExitCode } = await daemon.call(() => exec.inspect())
      if (!Running) return { code: ExitCode ?? null, signal: null }
    } catch (error) {
      if (isStatus(error, 404)) return { code: null, signal: null }
      throw error
    }
    if (!(await pause(codeAgainMs, closing))) throw new Error('the engine was closed')
  }
}

const codeAgainMs = 50

/**
 * The daemon has no call for it. Its number is that of this machine, on which only root may end what others run; else it
 * is ended from inside, where it has another number, by the shell of the image.
 */
async function signalTo(
  { daemon }: DockerSurroundings,
  container: string,
  exec: Dockerode.Exec,
  signal: string,
): Promise<void> {
  const { Running, Pid } = await daemon.call(() => exec.inspect())
  if (!Running || Pid === 0) return
  try {
    process.kill(-Pid, signal)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ESRCH') return
    if (code !== 'EPERM') throw error
    const inside = await numberInside(Pid)
    const words = ['/bin/sh', '-c', 'kill -s "$0" -- "-$1"', signal.slice(3), String(inside)]
    const kill = await daemon.call((docker) => docker.getContainer(container).exec({ Cmd: words }))
    await daemon.call(() => kill.start({ Detach: true }))
  }
}

async function numberInside(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const [, numbers = ''] = /^NSpid:\s*(.*)$/m.exec(status) ?? []
  return Number(numbers.trim().split(/\s+/).at(-1) ?? pid)
}
