import { appendFileSync, renameSync, statSync } from 'node:fs'

/**
 * Appends lines to a file of at most `limitBytes`, then starts anew and keeps the one before as `FILE.1`. Never
 * throws: a line for which there is no room is lost, and the next one that finds room begins on a line of its own.
 */
export function logFile(file: string, limitBytes = 4 * 1024 * 1024): (line: string) => void {
  let size = sizeOf(file)
  let isCut = false
  const append = (text: string): void => {
    const bytes = Buffer.byteLength(text)
    if (size > 0 && size + bytes > limitBytes) {
      renameSync(file, `${file}.1`)
      size = 0
    }
    appendFileSync(file, text, { mode: 0o600 })
    size += bytes
  }
  return (line) => {
    try {
      append(isCut ? `\n${line}` : line)
      isCut = false
    } catch {
      isCut = true // A full disk must stop neither server nor traffic, and there is nowhere left to say it.
    }
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
