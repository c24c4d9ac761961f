import { closeSync, openSync, readSync } from 'node:fs'
import { readdir, readFile, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceId, LogLine } from '../../model/instance.ts'

/** One file of an environment's log. */
export type Segment = {
  file: string
  number: number
  /** Position of its first line. */
  position: number
  /** When it was begun, ISO 8601. */
  at: string
}

/** A line as it lies in a segment; `end` is where it ends in the instance's output. */
export type StoredLine = LogLine & { end: number }

/** How far the output of each instance has been read. */
export type Offsets = Map<InstanceId, number>

/** A segment's first line: with it, the newest segment alone says where to read on. */
type Header = { segment: number; position: number; at: string; offsets: Record<InstanceId, number> }

export type Contents = { lines: StoredLine[]; offsets: Offsets; bytes: number }

/** Segments in a folder, oldest first. One whose first line was cut off holds nothing and is removed. */
export async function findSegments(folder: string): Promise<Segment[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] // No line was written yet.
    throw error
  })
  const segments: Segment[] = []
  for (const name of names.filter((name) => /^\d{8}\.jsonl$/.test(name)).sort()) {
    const file = join(folder, name)
    const header = parseHeader(firstLine(file))
    if (header === null) await unlink(file)
    else segments.push({ file, number: header.segment, position: header.position, at: header.at })
  }
  return segments
}

/** Begins a segment and returns it with its size. */
export async function beginSegment(
  folder: string,
  { number, position, at }: Omit<Segment, 'file'>,
  offsets: Offsets,
): Promise<{ segment: Segment; bytes: number }> {
  const file = join(folder, `${String(number).padStart(8, '0')}.jsonl`)
  const header: Header = { segment: number, position, at, offsets: Object.fromEntries(offsets) }
  const line = `${JSON.stringify(header)}\n`
  await writeFile(file, line, { mode: 0o600 })
  return { segment: { file, number, position, at }, bytes: Buffer.byteLength(line) }
}

/** Everything in a segment. A last line that was cut off is cut away from the file: it will be read again from its source. */
export async function readSegment({ file }: Segment, mend = false): Promise<Contents> {
  const bytes = await readFile(file)
  const whole = bytes.lastIndexOf(0x0a) + 1
  if (mend && whole < bytes.length) await truncate(file, whole)
  const [first = '', ...rest] = bytes.toString('utf8', 0, whole).split('\n')
  const lines = parseLines(rest)
  const offsets: Offsets = new Map(Object.entries(parseHeader(first)?.offsets ?? {}))
  for (const { instance, end } of lines) offsets.set(instance, end)
  return { lines, offsets, bytes: whole }
}

/** The lines among texts of JSON; a segment's header is none. */
export const parseLines = (texts: string[]): StoredLine[] =>
  texts.map((text) => parse(text) as Partial<StoredLine> | null).filter(isLine)

const isLine = (line: Partial<StoredLine> | null): line is StoredLine =>
  typeof line?.text === 'string'

function parseHeader(text: string): Header | null {
  const header = parse(text) as Partial<Header> | null
  return typeof header?.segment === 'number' ? (header as Header) : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // Cut off, or damaged: the other lines are still good.
  }
}

/** Whatever its length; empty if it has no end. */
function firstLine(file: string): string {
  const descriptor = openSync(file, 'r')
  try {
    const pieces: Buffer[] = []
    for (;;) {
      const bytes = Buffer.alloc(64 * 1024)
      const length = readSync(descriptor, bytes)
      const end = bytes.subarray(0, length).indexOf(0x0a)
      if (length === 0) return ''
      pieces.push(bytes.subarray(0, end === -1 ? length : end))
      if (end !== -1) return Buffer.concat(pieces).toString()
    }
  } finally {
    closeSync(descriptor)
  }
}
