import { watch } from 'node:fs'
import { chmod, mkdir, open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BuildLine, BuildNote } from '../model/build-note.ts'
import { lineOf, noteLine } from './log-note.ts'
import { SegmentReader, SegmentWriter, segmentsOf } from './log-segments.ts'
import { lineCutter } from './log-text.ts'

/**
 * What a build said, kept in at most 2 MiB: its beginning in the file itself, its end in up to two
 * segments beside it, `<file>.<number of its first line>`. What fell out between them is counted by
 * readers, so that a crash at any moment leaves a log that says the truth.
 */
export interface BuildLog {
  /** Adds what Naru itself has to say. Returns once it is written. */
  note(note: BuildNote): Promise<void>
  /**
   * Adds what a program writes, each line after `indent`; `end` adds the last line that had no newline. Returns once it
   * is written, which holds back a program that writes too fast.
   */
  output(indent: string): { write(chunk: Buffer): Promise<void>; end(): Promise<void> }
  /** The newest lines, at most 50, as they are in the file. */
  tail(count: number): string[]
  close(): Promise<void>
}

/** Begins a log anew, in a folder that only this user can read. */
export async function openBuildLog(file: string): Promise<BuildLog> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await chmod(dirname(file), 0o700)
  await removeBuildLog(file)
  const writer = new SegmentWriter(file, await open(file, 'ax', 0o600))
  return {
    note: (note) => writer.write([noteLine(note)]),
    output: (indent) => {
      const cutter = lineCutter()
      const write = (lines: string[]) =>
        writer.write(lines.map((line) => (line === '' ? '' : `${indent}${line}`)))
      return { write: (chunk) => write(cutter.push(chunk)), end: () => write(cutter.end()) }
    },
    tail: (count) => writer.newest.slice(-count),
    close: () => writer.close(),
  }
}

/** Removes a build's log with all of its segments; one that is not there is fine. */
export async function removeBuildLog(file: string): Promise<void> {
  for (const segment of await segmentsOf(file)) await rm(segment.path, { force: true })
}

/** Removes the logs in a folder of one app's builds but those of the newest `keep` builds. */
export async function trimBuildLogs(folder: string, keep: number): Promise<void> {
  const files = (await readdir(folder)).filter((name) => /^\d+\.log$/.test(name))
  const numbers = files.map((name) => Number.parseInt(name, 10)).sort((one, other) => other - one)
  for (const number of numbers.slice(keep)) await removeBuildLog(join(folder, `${number}.log`))
}

export type Following = {
  /** Wait for more at the end of what there is, until the build is over. */
  follow: boolean
  /** Whether the build is over: nothing is written any more. */
  ended: () => boolean | Promise<boolean>
}

/** The lines of a log from its first, also of one that does not exist yet; says where lines were left out. */
export async function* followBuildLog(
  file: string,
  { follow, ended }: Following,
  signal?: AbortSignal,
): AsyncGenerator<BuildLine> {
  const growth = follow ? folderGrowth(dirname(file)) : null
  const reader = new SegmentReader(file)
  try {
    while (!signal?.aborted) {
      // Asked before reading: what was written before the end is then read after it.
      const over = !follow || (await ended())
      for await (const line of reader.read(over))
        yield typeof line === 'string' ? lineOf(line) : line
      if (over) return
      await growth?.wait(100, signal)
    }
  } finally {
    growth?.close()
    await reader.close()
  }
}

/** The newest lines of a log that nobody writes any more. */
export async function lastBuildLines(file: string, count: number): Promise<BuildLine[]> {
  const lines: BuildLine[] = []
  for await (const line of followBuildLog(file, { follow: false, ended: () => true })) {
    lines.push(line)
    if (lines.length > count) lines.shift()
  }
  return lines
}

/** Waits until something in a folder changed; at the latest for the given time, since not every disk tells. */
function folderGrowth(folder: string) {
  let changed = false
  let wake = (): void => {}
  const noticed = (): void => {
    changed = true
    wake()
  }
  let watcher: ReturnType<typeof watch> | null = null
  try {
    watcher = watch(folder, { persistent: false }, noticed)
    watcher.on('error', () => watcher?.close()) // The time limit of `wait` goes on without it.
  } catch {
    // No folder yet, or no watches left on this machine: the time limit of `wait` is enough.
  }
  return {
    wait(limitMs: number, signal?: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          wake = () => {}
          changed = false
          resolve()
        }
        const timer = setTimeout(done, limitMs)
        signal?.addEventListener('abort', done)
        wake = done
        if (changed || signal?.aborted) done()
      })
    },
    close: () => watcher?.close(),
  }
}
