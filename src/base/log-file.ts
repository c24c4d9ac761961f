import { appendFileSync, renameSync, statSync } from 'node:fs'

/** Appends lines to a file of at most `limitBytes`, then starts anew and keeps the one before as `FILE.1`. */
export function logFile(file: string, limitBytes = 4 * 1024 * 1024): (line: string) => void {
  let size = sizeOf(file)
  return (line) => {
    const bytes = Buffer.byteLength(line)
    if (size > 0 && size + bytes > limitBytes) {
      renameSync(file, `${file}.1`)
      size = 0
    }
    appendFileSync(file, line, { mode: 0o600 })
    size += bytes
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
