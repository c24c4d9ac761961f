import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** Where a command speaks: answers on `out`, everything else on `err`. */
export type Terminal = {
  /** Prints one line, or several, of the answer. */
  out(text: string): void
  /** Prints a line of progress or of a failure. */
  err(text: string): void
  /** Colours for the answer and for the rest; each only where a person looks at it. */
  outPaint: Paint
  errPaint: Paint
  /** Whether somebody is there to be asked. */
  interactive: boolean
  ask(question: string): Promise<string>
  /** Asks without showing what is typed. */
  askHidden(question: string): Promise<string>
  /** All of stdin as text. */
  readInput(): Promise<string>
}

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'dim' | 'bold'
export type Paint = (colour: Colour, text: string) => string

export type Streams = {
  stdin: Readable & { isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  stdout: Writable & { isTTY?: boolean; columns?: number; rows?: number }
  stderr: Writable & { isTTY?: boolean }
}

/** `colour` false: none at all, as `--no-color` and NO_COLOR ask. */
export function terminalOf({ stdin, stdout, stderr }: Streams, colour: boolean): Terminal {
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    outPaint: paint(colour && stdout.isTTY === true),
    errPaint: paint(colour && stderr.isTTY === true),
    interactive: stdin.isTTY === true && stderr.isTTY === true,
    ask: (question) => readLine(stdin, stderr, question, false),
    askHidden: (question) => readLine(stdin, stderr, question, true),
    readInput: () => readAll(stdin),
  }
}

/**
 * Whoever reads has gone (`| head`): the rest is for nobody, so the program ends. With `goOn` it works on without a
 * voice, for what must come to its end when nobody listens.
 */
export function endWithReader({ stdout, stderr }: Streams, goOn: boolean): void {
  const gone = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!goOn) process.exit(0)
  }
  stdout.on('error', gone)
  stderr.on('error', gone)
}

/** User text for a terminal: what could steer it is replaced; line breaks and tabs stay. */
export const printable = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '\ufffd')

/** A line that an app or a build wrote: its colours stay, everything else that steers a terminal goes. */
export function printableLog(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  const parts = line.split(/(\u001b\[[\d;]*m)/)
  const safe = parts.map((part, index) => (index % 2 === 1 ? part : printable(part))).join('')
  return parts.length > 1 ? `${safe}\u001b[0m` : safe
}

const codes: Record<Colour, [number, number]> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  dim: [2, 22],
  bold: [1, 22],
}

function paint(coloured: boolean): Paint {
  if (!coloured) return (_colour, text) => text
  return (colour, text) => `\u001b[${codes[colour][0]}m${text}\u001b[${codes[colour][1]}m`
}

/** Ctrl-D answers with nothing; Ctrl-C ends the program as it does everywhere. */
function readLine(
  stdin: Readable,
  stderr: Writable,
  question: string,
  hidden: boolean,
): Promise<string> {
  return new Promise((resolve) => {
    stderr.write(question)
    // As a terminal readline takes over the echo, and without an output there is none.
    const lines = createInterface(hidden ? { input: stdin, terminal: true } : { input: stdin })
    let answer = ''
    lines.once('line', (line) => {
      answer = line
      lines.close()
    })
    lines.once('SIGINT', () => {
      lines.close()
      process.exit(130)
    })
    lines.once('close', () => {
      if (hidden) stderr.write('\n')
      stdin.pause()
      resolve(answer)
    })
  })
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
