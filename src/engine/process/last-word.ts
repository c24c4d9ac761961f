import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { Transform } from 'node:stream'

/** A control character that nobody writes begins it, so that what looks like it is never held back from a reader. */
const firstByte = 0x1e

/** What the script of a session writes when its command has ended, before the code of its end and a semicolon. */
export const newLastWord = (): string =>
  `${String.fromCharCode(firstByte)}naru-${randomBytes(16).toString('hex')}:`

/** Passes on what comes before the last word; that and what follows stays here. `ended` is told the code. */
export function untilLastWord(
  output: Readable,
  lastWord: string,
  ended: (code: number) => void,
): Readable {
  const word = Buffer.from(lastWord)
  let held: Buffer = Buffer.alloc(0)
  let isOver = false
  const before = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (isOver) return done()
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      const at = bytes.indexOf(word)
      const end = at === -1 ? -1 : bytes.indexOf(';', at + word.length)
      const whole = at === -1 ? heldFrom(bytes, word) : at
      held = bytes.subarray(whole)
      if (end === -1) return done(null, bytes.subarray(0, whole))
      isOver = true
      this.push(bytes.subarray(0, at))
      this.push(null)
      ended(Number(bytes.toString('latin1', at + word.length, end)))
      done()
    },
    flush(done) {
      if (isOver) return done()
      done(null, held)
    },
  })
  return output.pipe(before)
}

/** Where the beginning of the word begins at the very end of the bytes; their end if it does not. */
function heldFrom(bytes: Buffer, word: Buffer): number {
  for (
    let at = bytes.indexOf(firstByte, -word.length);
    at !== -1;
    at = bytes.indexOf(firstByte, at + 1)
  ) {
    const tail = bytes.subarray(at)
    if (tail.length <= word.length && tail.equals(word.subarray(0, tail.length))) return at
  }
  return bytes.length
}
