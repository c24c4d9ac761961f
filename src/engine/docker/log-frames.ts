/** A piece of a container's log: what one write of the daemon's was, with when it was read, in microseconds since 1970. */
export type LogFrame = { atMicros: number; text: string }

const headerBytes = 8
/** "2026-11-25T11:00:00.123456789Z ", as long as that always. */
const stampLength = 31

/**
 * Takes the daemon's stream of a log apart: frames of both outputs, each with its time before its text. A line that was
 * longer than what the daemon keeps in one piece comes as several. What has not come whole yet is kept for the next call.
 */
export class LogFrames {
  #rest: Buffer = Buffer.alloc(0)

  take(chunk: Buffer): LogFrame[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const frames: LogFrame[] = []
    let at = 0
    while (bytes.length - at >= headerBytes) {
      const end = at + headerBytes + bytes.readUInt32BE(at + 4)
      if (end > bytes.length) break
      const frame = frameOf(bytes.toString('utf8', at + headerBytes, end))
      if (frame !== null) frames.push(frame)
      at = end
    }
    this.#rest = bytes.subarray(at)
    return frames
  }
}

/** Null for what has no time: the daemon never sends that. */
function frameOf(text: string): LogFrame | null {
  const [, second, micros] = /^(\S{19})\.(\d{6})\d{3}Z /.exec(text) ?? []
  if (second === undefined || micros === undefined) return null
  const atMicros = Date.parse(`${second}Z`) * 1000 + Number(micros)
  return { atMicros, text: text.slice(stampLength).replace(/\r?\n$/, '') }
}
