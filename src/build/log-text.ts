import { StringDecoder } from 'node:string_decoder'

const maxLineLength = 8192

/** Cuts what a program writes into lines that are safe to print; `end` gives the rest without a newline. */
export type LineCutter = { push(chunk: Buffer): string[]; end(): string[] }

export function lineCutter(): LineCutter {
  const decoder = new StringDecoder('utf8')
  let partial = ''
  let partialDropped = 0
  const take = (): string => {
    const line = sayLine(partial, partialDropped)
    partial = ''
    partialDropped = 0
    return line
  }
  const grow = (text: string): void => {
    partial = lastDrawn(partial + text)
    // A program that never ends its line must not fill the memory.
    if (partial.length <= maxLineLength * 2) return
    partialDropped += partial.length - maxLineLength * 2
    partial = partial.slice(0, maxLineLength * 2)
  }
  const cut = (text: string): string[] => {
    const pieces = text.split('\n')
    const last = pieces.pop() ?? ''
    const lines = pieces.map((piece) => {
      grow(piece)
      return take()
    })
    grow(last)
    return lines
  }
  return {
    push: (chunk) => cut(decoder.write(chunk)),
    end: () => {
      const lines = cut(decoder.end())
      return partial === '' ? lines : [...lines, take()]
    },
  }
}

/** A program draws over its line with a carriage return: only what was drawn last is worth keeping. */
function lastDrawn(text: string): string {
  const start = text.lastIndexOf('\r', text.length - 2)
  return start === -1 ? text : text.slice(start + 1)
}

function sayLine(text: string, dropped: number): string {
  const line = printable(text)
  const rest = dropped + Math.max(0, line.length - maxLineLength)
  return rest === 0 ? line : `${line.slice(0, maxLineLength)} … (+${rest})`
}

// Built from text, since a regular expression literal must not hold control characters.
const escapeCode = '\\u001b'
const sequences = new RegExp(
  [
    `(?:${escapeCode}\\[|\\u009b)[0-?]*[ -/]*[@-~]`,
    `${escapeCode}[\\]PX^_][^\\u0007\\u001b]*(?:\\u0007|${escapeCode}\\\\)?`,
    `${escapeCode}[ -/]*[0-~]`,
  ].join('|'),
  'g',
)
const controls = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** The text without colours, cursor movements and other things that a terminal would obey. */
export const printable = (text: string): string =>
  text.replace(sequences, '').replace(controls, (found) => (found === '\t' ? '\t' : ''))
