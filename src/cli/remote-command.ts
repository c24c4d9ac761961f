import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RemoteCommand } from '../contract/command.ts'
import type { CommandBegin } from '../contract/shapes.ts'
import type { Place } from '../model/environment.ts'
import { CommandExit } from './command-exit.ts'
import { apiOf, type Session, type shared } from './session.ts'

export type Words = CommandBegin['command']

/**
 * Starts a command on the server and joins it with this program's streams, and with its terminal if it has one that is
 * wanted, until it ends; then throws `CommandExit` with its code. With `--json` what it wrote is told at its end.
 */
export async function joinCommand(
  session: Session,
  asked: ReturnType<typeof shared>,
  place: Place,
  wish: Pick<CommandBegin, 'command' | 'within'>,
  terminal: boolean,
): Promise<never> {
  const size = terminal && !asked.json ? terminalOf(session) : null
  const running = await apiOf(session, asked).runCommand(place, { ...wish, terminal: size })
  const end = asked.json ? await collected(session, running) : await joined(session, running, size)
  throw new CommandExit(exitCodeOf(end))
}

type End = Awaited<RemoteCommand['ended']>
type Size = NonNullable<CommandBegin['terminal']>

/** The terminal that somebody sits at; null where input or output is anything else. */
function terminalOf({ streams: { stdin, stdout }, environment }: Session): Size | null {
  if (stdin.isTTY !== true || stdout.isTTY !== true) return null
  const kind = environment['TERM'] ?? ''
  return { ...sizeOf(stdout), kind: /^[\w.+-]{1,64}$/.test(kind) ? kind : 'xterm' }
}

const sizeOf = ({ columns, rows }: { columns?: number; rows?: number }) => ({
  columns: columns || 80,
  rows: rows || 24,
})

/** Joins its streams with those of this program until it has ended. */
async function joined(
  { streams: { stdin, stdout, stderr } }: Session,
  running: RemoteCommand,
  size: Size | null,
): Promise<End> {
  const release = size === null ? forwardSignals(running) : takeTerminal(stdin, stdout, running)
  stdin.on('data', (bytes: Buffer) => {
    if (!running.input.write(bytes)) stdin.pause()
  })
  running.input.on('drain', () => stdin.resume())
  stdin.once('end', () => running.input.end())
  stdin.once('error', () => running.input.end()) // It cannot be read, as after `<&-`: then there is none.
  try {
    const [end] = await Promise.all([
      running.ended,
      pipeline(running.output, stdout, { end: false }),
      pipeline(running.errors, stderr, { end: false }),
    ])
    return end
  } finally {
    release()
    running.leave()
    // Whatever else could be read there is for nobody, and would keep this program.
    stdin.destroy()
  }
}

/** Every key goes to the command, Ctrl-C too; and so does every new size. Returns how to give the terminal back. */
function takeTerminal(
  stdin: Session['streams']['stdin'],
  stdout: Session['streams']['stdout'],
  running: RemoteCommand,
): () => void {
  const giveBack = takeKeys(stdin)
  const resized = () => running.resize(sizeOf(stdout))
  stdout.on('resize', resized)
  process.on('exit', giveBack)
  return () => {
    stdout.off('resize', resized)
    process.off('exit', giveBack)
    giveBack()
  }
}

/**
 * Makes the terminal pass on all that is typed and show all that comes as it is. Node.js's own raw mode would turn each
 * line feed that comes into two characters, and a full-screen program draws by line feeds.
 */
function takeKeys(stdin: Session['streams']['stdin']): () => void {
  const before = stty('-g')
  if (before === null || stty('raw', '-echo') === null) {
    stdin.setRawMode?.(true)
    return () => void stdin.setRawMode?.(false)
  }
  return () => void stty(before.trim())
}

/** What the program `stty` says of the terminal, after it did what it was told; null where it cannot. */
function stty(...words: string[]): string | null {
  const { status, stdout } = spawnSync('stty', words, { stdio: ['inherit', 'pipe', 'ignore'] })
  return status === 0 ? stdout.toString() : null
}

/** Ctrl-C is the command's to answer; the second one ends this program, and the command with it. */
function forwardSignals(running: RemoteCommand): () => void {
  const first = { SIGINT: true, SIGTERM: true }
  const forward = (signal: 'SIGINT' | 'SIGTERM') => {
    if (!first[signal]) process.exit(128 + constants.signals[signal])
    first[signal] = false
    running.signal(signal)
  }
  process.on('SIGINT', forward)
  process.on('SIGTERM', forward)
  return () => {
    process.off('SIGINT', forward)
    process.off('SIGTERM', forward)
  }
}

/** What a script reads: all that it wrote, and its end. */
async function collected(session: Session, running: RemoteCommand): Promise<End> {
  const { stdin } = session.streams
  stdin.pipe(running.input)
  try {
    const [end, output, errors] = await Promise.all([
      running.ended,
      textOf(running.output),
      textOf(running.errors),
    ])
    const { release } = running
    session.terminal.out(JSON.stringify({ release, ...end, output, errors }))
    return end
  } finally {
    running.leave()
    stdin.destroy()
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** As a shell does: 128 and the number of the signal that ended it. */
function exitCodeOf({ code, signal }: End): number {
  if (code !== null) return code
  const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1]
  return number === undefined ? 1 : 128 + number
}
