/** A line longer than this many bytes becomes several. */
export const maxLineBytes = 16 * 1024

/** A line and how many bytes of its source it took, its end included. */
export type CutLine = { text: string; bytes: number }

/**
 * Cuts bytes into at most `limit` lines. What has no line end yet is left over, unless it is too long or
 * `final`: nothing more comes. What is not UTF-8 becomes U+FFFD.
 */
export function cutLines(
  bytes: Buffer,
  final: boolean,
  limit = Number.POSITIVE_INFINITY,
): CutLine[] {
  const lines: CutLine[] = []
  let start = 0
  while (start < bytes.length && lines.length < limit) {
    const end = bytes.indexOf(0x0a, start)
    const whole = end === -1 ? bytes.length : end
    if (whole - start > maxLineBytes) {
      const cut = characterStart(bytes, start + maxLineBytes)
      lines.push({ text: text(bytes, start, cut), bytes: cut - start })
      start = cut
    } else if (end !== -1) {
      lines.push({ text: text(bytes, start, end), bytes: end + 1 - start })
      start = end + 1
    } else {
      if (final) lines.push({ text: text(bytes, start, whole), bytes: whole - start })
      break
    }
  }
  return lines
}

/** The last place at or before `at` where no character is cut in two; `at` itself in what is not UTF-8. */
function characterStart(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back += 1)
    if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back
  return at
}

function text(bytes: Buffer, start: number, end: number): string {
  const withoutReturn = end > start && bytes[end - 1] === 0x0d ? end - 1 : end
  return bytes.toString('utf8', start, withoutReturn)
}
