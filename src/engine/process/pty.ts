import { chmodSync, chownSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { OnReadOpts, SocketConstructorOpts } from 'node:net'
import { Readable, Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import { NaruError } from '../../base/error.ts'
import type { Terminal, TerminalSize } from '../engine.ts'
import type { AppIdentity } from './places.ts'

export type PtyProgram = {
  program: string
  args: string[]
  folder: string
  environment: Record<string, string>
  identity: AppIdentity
  terminal: Terminal
}

export type Pty = {
  pid: number
  input: Writable
  /** Ends when nobody has the terminal open any more. */
  output: Readable
  resize(size: TerminalSize): void
  ended: Promise<{ code: number; signal: number }>
}

/** Starts a program in a session of its own that a new terminal controls. Throws `run.no-terminal`. */
export async function startPty(it: PtyProgram): Promise<Pty> {
  const { fork, resize } = await load()
  const { columns, rows, kind } = it.terminal
  const environment = Object.entries({ ...it.environment, TERM: kind })
  const { uid, gid } = 'uid' in it.identity ? it.identity : { uid: -1, gid: -1 }
  if (uid !== -1) dropGroups()
  let end: (how: { code: number; signal: number }) => void = () => {}
  const ended = new Promise<{ code: number; signal: number }>((resolve) => {
    end = resolve
  })
  const { fd, pid, pty } = tried(() =>
    fork(
      it.program,
      it.args,
      environment.map(([name, value]) => `${name}=${value}`),
      it.folder,
      columns,
      rows,
      uid,
      gid,
      true,
      helperPath(),
      (code, signal) => end({ code, signal }),
    ),
  )
  if (uid !== -1) giveTo(pty, gid)
  const { input, output, isOpen } = streamsOf(fd)
  return {
    pid,
    input,
    output,
    resize: (size) => isOpen() && resize(fd, size.columns, size.rows),
    ended,
  }
}

const chunkBytes = 64 * 1024

/** The library's native part is there for most machines; where it is not, all but terminals works. */
async function load() {
  try {
    const { requireBinary } = await import('@lydell/node-pty/requireBinary.js')
    return requireBinary('pty.node')
  } catch (cause) {
    const reason = `@lydell/node-pty has nothing for ${process.platform} on ${process.arch}`
    throw new NaruError('run.no-terminal', { reason }, { cause })
  }
}

/** As where no more terminals may be open. Its message says only which call failed. */
function tried<T>(open: () => T): T {
  try {
    return open()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new NaruError('run.no-terminal', { reason }, { cause })
  }
}

/** macOS needs a program in between. */
function helperPath(): string {
  if (process.platform !== 'darwin') return ''
  const { resolve } = createRequire(realpathSync(process.argv[1] ?? process.cwd()))
  return resolve(`@lydell/node-pty-${process.platform}-${process.arch}/spawn-helper`)
}

/**
 * The library changes user and group of what it starts and leaves the supplementary groups, which would be root's.
 * Root itself needs none of them.
 */
const dropGroups = (): void => process.setgroups?.([])

/** The app's group may open it by its name, `/dev/stderr`; other apps have the same user and must not. */
function giveTo(device: string, group: number): void {
  chownSync(device, 0, group)
  chmodSync(device, 0o660)
}

/** The two ways of a terminal. What was read and not yet taken stays when the terminal closes, which comes as an error. */
function streamsOf(fd: number): { input: Writable; output: Readable; isOpen: () => boolean } {
  const output = new Readable({ read: () => void terminal.resume() })
  const onread: OnReadOpts = {
    buffer: Buffer.alloc(chunkBytes),
    callback: (bytes, buffer) => output.push(Buffer.from(buffer.subarray(0, bytes))),
  }
  // Its types know of fewer options than it hands on to the socket that it is.
  const options: SocketConstructorOpts & { onread: OnReadOpts } = { onread }
  const terminal = new ReadStream(fd, options)
  terminal.on('error', () => {}) // EIO: its last program has closed it.
  terminal.once('close', () => output.push(null))
  const input = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      // What is typed after the program's end is for nobody.
      if (terminal.destroyed) return done()
      terminal.write(chunk, () => done())
    },
  })
  return { input, output, isOpen: () => !terminal.destroyed }
}
