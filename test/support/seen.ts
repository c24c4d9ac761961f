import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** A failure as a person read it. */
export type SeenFailure = { code: string; hint: string }

/** The same with what it says, a line for each mistake. */
export type ShownFailure = SeenFailure & { message: string }

/**
 * Every failure in what a command or a push wrote to stderr, those behind "remote:" as well. Throws where one is not
 * the three lines that it should be (mistakes in a spec are a line each), or where a stack of Naru's own is shown.
 */
export function failuresIn(text: string): ShownFailure[] {
  const lines = text.split('\n').map((line) => line.replace(/^(?:remote|원격): ?/, '').trimEnd())
  const frame = lines.find((line) => ownFrame.test(line))
  if (frame !== undefined) throw new Error(`a stack is shown to a person (${frame}):\n${text}`)
  return lines.flatMap((line, index) => (line.startsWith('✖ ') ? [failureAt(lines, index)] : []))
}

/** Checks what a command or a push wrote, and adds its failures to the file that `NARU_TEST_SEEN` names, if any. */
export function noteFailures(text: string): void {
  const file = process.env['NARU_TEST_SEEN']
  const seen = failuresIn(text)
  if (file === undefined || file === '' || seen.length === 0) return
  const lines = seen.map(({ code, hint }) => `${JSON.stringify({ code, hint })}\n`)
  appendFileSync(file, lines.join(''))
}

/** What was noted, each once. */
export function readSeen(file: string): SeenFailure[] {
  if (!existsSync(file)) return []
  const lines = new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean))
  return [...lines].map((line) => JSON.parse(line) as SeenFailure)
}

/** A frame in one of Naru's programs, or in Node.js below it; what an app or a build writes has other files. */
const ownFrame = /^\s*at .*(?:\/dist\/[\w-]+\.cjs|\/src\/[\w/-]+\.ts):\d+:\d+\)?$/

function failureAt(lines: readonly string[], first: number): ShownFailure {
  const block = [lines[first] ?? '']
  for (const line of lines.slice(first + 1)) {
    if (!line.startsWith('  ')) break
    block.push(line)
    const code = line.match(/^ {2}\(([a-z]+\.[a-z-]+)\)$/)?.[1]
    if (code === undefined) continue
    const hint = block.at(-2)?.match(/^ {2}→ (\S.*)$/)?.[1]
    if (hint === undefined) throw odd('has no hint before its code', block)
    if (block.length !== 3 && code !== 'spec.invalid') throw odd('has not three lines', block)
    return { code, hint, message: block.slice(0, -2).join('\n').slice(2) }
  }
  throw odd('has no code', block)
}

const odd = (what: string, block: readonly string[]) =>
  new Error(`a failure ${what}:\n${block.join('\n')}`)
