/** First and last byte of a part of a file, both included. */
export type ByteRange = { start: number; end: number }

/**
 * What a `Range` header asks for of so many bytes. Null where the whole file is the answer: no range, one
 * that is not understood, or several at once.
 */
export function byteRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return null
  const first = match[1] === '' ? null : Number(match[1])
  const last = match[2] === '' ? null : Number(match[2])
  if (first === null) {
    const length = Math.min(last ?? 0, size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  if (last !== null && last < first) return null
  return first >= size
    ? 'unsatisfiable'
    : { start: first, end: Math.min(last ?? size - 1, size - 1) }
}
