import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jsonLog } from '../../src/base/log.ts'
import { LogBook, segmentBytes, segmentsKept } from '../../src/engine/log/log-book.ts'
import { LogBooks } from '../../src/engine/log/log-books.ts'
import { cutLines, maxLineBytes } from '../../src/engine/log/log-lines.ts'
import { readLog } from '../../src/engine/log/log-reader.ts'
import { OutputFollower } from '../../src/engine/process/log-follower.ts'
import { OutputSpace } from '../../src/engine/process/output-space.ts'
import { places } from '../../src/engine/process/places.ts'
import { type Bench, makeBench, printed } from './bench.ts'
import { until } from './until.ts'

const filter = { app: 'hello', environment: 'production' }
const source = { instance: 'web-1', service: 'web', release: 1 }
const diskBytes = (file: string) => statSync(file).blocks * 512

async function texts(book: LogBook, change: object = {}): Promise<string[]> {
  const found: string[] = []
  for await (const { text } of readLog(book, { ...filter, ...change })) found.push(text)
  return found
}

describe('lines', () => {
  const cut = (text: string | Buffer, final = false) => cutLines(Buffer.from(text), final)

  it('end with a line feed, or a carriage return and one', () => {
    expect(cut('one\ntwo\r\n\nthree')).toEqual([
      { text: 'one', bytes: 4 },
      { text: 'two', bytes: 5 },
      { text: '', bytes: 1 },
    ])
  })

  it('end with the program', () => {
    expect(cut('one', true)).toEqual([{ text: 'one', bytes: 3 }])
  })

  it('that are too long are several, none of them cut inside a character', () => {
    const text = `a${'나'.repeat(20_000)}`
    const lines = cut(`${text}\n`)
    expect(lines.length).toBe(4)
    expect(lines.map((line) => line.text).join('')).toBe(text)
    expect(Math.max(...lines.map(({ bytes }) => bytes))).toBeLessThanOrEqual(maxLineBytes + 1)
    expect(lines.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(Buffer.byteLength(text) + 1)
  })

  it('that are not UTF-8 keep what is', () => {
    expect(cut(Buffer.from([0x61, 0xff, 0x62, 0x0a]))[0]?.text).toBe('a\ufffdb')
    expect(cutLines(Buffer.alloc(40_000, 0x80), true).map(({ bytes }) => bytes)).toEqual([
      16_384, 16_384, 7232,
    ])
  })
})

describe('the log of an environment', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'naru-log-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const line = (number: number, length = 10) => ({
    ...source,
    text: `${number} ${'x'.repeat(length)}`,
    end: number,
  })
  const fill = async (book: LogBook, from: number, to: number) => {
    for (let at = from; at <= to; at += 100) {
      await book.append(
        Array.from({ length: Math.min(100, to - at + 1) }, (_, index) => line(at + index, 1000)),
      )
    }
  }

  it('is bounded: the oldest segment goes when a new one begins', async () => {
    const book = await LogBook.open(folder)
    await fill(book, 1, 25_000)
    const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size)
    expect(sizes).toHaveLength(segmentsKept)
    expect(Math.max(...sizes)).toBeLessThan(segmentBytes * 1.2)
    const kept = await texts(book)
    expect(kept.length).toBeGreaterThan(13_000)
    expect(kept.map((text) => Number.parseInt(text, 10))).toEqual(
      kept.map((_, at) => 25_000 - kept.length + 1 + at),
    )
    expect(await texts(book, { tail: 1500 })).toEqual(kept.slice(-1500))
    expect(await texts(book, { after: 24_000 })).toEqual(kept.slice(-1000))
  })

  it('goes on after a crash in the middle of a line, and knows how far each instance was read', async () => {
    const book = await LogBook.open(folder)
    await fill(book, 1, 3000)
    await book.append([{ ...source, instance: 'web-2', text: 'quiet', end: 77 }])
    await fill(book, 3001, 6000)
    await book.close()
    const newest = join(folder, readdirSync(folder).at(-1) ?? '')
    truncateSync(newest, statSync(newest).size - 5)
    const again = await LogBook.open(folder)
    expect(again.offsetOf('web-1')).toBe(5999)
    expect(again.offsetOf('web-2')).toBe(77)
    await again.append([line(6000)])
    expect(
      (await texts(again))
        .map((text) => Number.parseInt(text, 10))
        .filter((number) => number > 5997),
    ).toEqual([5998, 5999, 6000])
  })

  it('goes on after a crash in the middle of beginning a segment', async () => {
    const book = await LogBook.open(folder)
    await book.append([line(1)])
    await book.close()
    writeFileSync(join(folder, '00000002.jsonl'), '{"segment":2,"pos')
    const again = await LogBook.open(folder)
    await again.append([line(2)])
    expect(await texts(again)).toHaveLength(2)
    expect(again.next).toBe(3)
  })

  it('keeps its lines however many instances have written into it', async () => {
    const book = await LogBook.open(folder)
    const names = Array.from({ length: 4000 }, (_, at) => `web-of-a-long-name-${at}`)
    await book.append(names.map((instance) => ({ ...source, instance, text: 'up', end: 3 })))
    await fill(book, 1, 3000)
    await book.close()
    expect(readdirSync(folder).length).toBeGreaterThan(2)
    const again = await LogBook.open(folder)
    expect(await texts(again, { tail: 1 })).toEqual([line(3000, 1000).text])
    expect(again.offsetOf(names.at(-1) ?? '')).toBe(3)
  })

  it('does not carry on how far instances were read that are gone since', async () => {
    const at = places(folder)
    const written = await new LogBooks(at.logs).of(filter)
    await written.append(
      ['web-1', 'web-2'].map((instance) => ({ ...source, instance, text: 'up', end: 3 })),
    )
    await written.close()
    const books = new LogBooks(at.logs)
    const book = await books.of(filter)
    await books.settle(new Set(['web-2']))
    expect([book.offsetOf('web-1'), book.offsetOf('web-2')]).toEqual([0, 3])
    await books.close()
    const later = new LogBooks(at.logs)
    await later.settle(new Set())
    expect((await later.of(filter)).offsetOf('web-2')).toBe(0)
  })

  it('is handed on over the end of a segment, and ends with the server', async () => {
    const book = await LogBook.open(folder)
    const read: number[] = []
    const following = (async () => {
      for await (const { text } of readLog(book, { ...filter, follow: true }))
        read.push(Number.parseInt(text, 10))
    })()
    await fill(book, 1, 5000)
    await until('all lines', () => read.length === 5000)
    await book.close()
    await following
    expect(read).toEqual(read.map((_, at) => at + 1))
  })

  it('keeps serving one who reads slower than lines are thrown away', async () => {
    const book = await LogBook.open(folder)
    await fill(book, 1, 100)
    const read: number[] = []
    for await (const { text } of readLog(book, { ...filter, follow: true })) {
      read.push(Number.parseInt(text, 10))
      if (read.length === 1) await fill(book, 101, 30_000)
      if (read.at(-1) === 30_000) break
    }
    expect(read).toEqual([...read].sort((a, b) => a - b))
  })
})

describe('an output file', () => {
  let folder: string
  let file: string
  let book: LogBook
  const said: string[] = []
  const log = jsonLog((line) => said.push(line))
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'naru-output-'))
    file = join(folder, 'output')
    writeFileSync(file, '')
    book = await LogBook.open(join(folder, 'log'))
    said.length = 0
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const follow = () => new OutputFollower(file, source, book, new OutputSpace(log), log)
  const text = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at} ${'.'.repeat(100)}\n`).join(
      '',
    )
  const numbers = async () => (await texts(book)).map((line) => Number(line.split(' ')[1]))
  const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

  it('is freed as it is read, and keeps its length for the program that writes on', async () => {
    const follower = follow()
    appendFileSync(file, text(1, 30_000))
    await follower.drain()
    expect(statSync(file).size).toBeGreaterThan(3_000_000)
    expect(diskBytes(file)).toBeLessThan(300_000)
    appendFileSync(file, text(30_001, 30_100))
    await follower.drain()
    expect(await numbers()).toEqual(upTo(30_100))
    await follower.close()
  })

  it('is read on where the server before stopped reading, its unfinished line once', async () => {
    const one = follow()
    appendFileSync(file, 'line 1\nline 2\nline ')
    one.poll()
    await until('two lines', async () => (await numbers()).length === 2)
    await one.close()
    await book.close()
    book = await LogBook.open(join(folder, 'log'))
    const two = follow()
    appendFileSync(file, '3\nline 4')
    await two.drain()
    expect(await numbers()).toEqual([1, 2, 3, 4])
    await two.close()
  })

  it('is emptied where no hole can be punched, after all was read, and that is said once', async () => {
    const path = process.env.PATH
    process.env.PATH = folder
    const follower = follow()
    try {
      appendFileSync(file, text(1, 20_000))
      await follower.drain()
      appendFileSync(file, text(20_001, 40_000))
      await follower.drain()
    } finally {
      process.env.PATH = path
    }
    expect(await numbers()).toEqual(upTo(40_000))
    expect(statSync(file).size).toBe(0)
    expect(said).toHaveLength(1)
    await follower.close()
  })

  it('is read from its start when its program has emptied it', async () => {
    const follower = follow()
    appendFileSync(file, text(1, 100))
    await follower.drain()
    truncateSync(file, 0)
    appendFileSync(file, text(101, 110))
    await follower.drain()
    expect(await numbers()).toEqual(upTo(110))
    await follower.close()
  })

  it('is read again later when the log cannot be written', async () => {
    const follower = follow()
    writeFileSync(join(folder, 'log'), '') // A file where the folder should be.
    appendFileSync(file, text(1, 10))
    await follower.drain()
    await follower.drain()
    expect(said).toHaveLength(1)
    rmSync(join(folder, 'log'))
    await follower.drain()
    expect(await numbers()).toEqual(upTo(10))
    await follower.close()
  })
})

describe('an instance that writes', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await makeBench()
  })
  afterEach(() => bench.end())

  const output = async () => {
    const [instance] = await bench.engine.list()
    return join(places(bench.folder).instances, instance?.id ?? '', 'output')
  }

  it('100,000 lines at once has each of them in the log, in order', async () => {
    const environment = { LINES: '100000', LENGTH: '40' }
    await bench.engine.ensure(await bench.set('prints-lines', { routed: false, environment }), 1)
    await printed(bench, /^line 100000 /)
    const read: number[] = []
    for await (const { text } of bench.engine.logs(filter)) read.push(Number(text.split(' ')[1]))
    expect(read).toEqual(read.map((_, at) => 100_000 - read.length + 1 + at))
    expect(read.length).toBeGreaterThan(60_000)
  })

  it('for ever, as fast as it can, fills no disk and holds nobody up', async () => {
    await bench.engine.ensure(await bench.set('floods', { routed: false }), 1)
    const file = await output()
    await printed(bench, /^flood/)
    const delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
    let most = 0
    const end = performance.now() + 3000
    while (performance.now() < end) {
      most = Math.max(most, diskBytes(file))
      await wait(50)
    }
    delay.disable()
    expect(statSync(file).size).toBeGreaterThan(50_000_000)
    expect(most).toBeLessThan(1_500_000_000)
    expect(delay.percentile(99) / 1e6).toBeLessThan(300)
    expect(logBytes(bench.folder)).toBeLessThan(segmentBytes * (segmentsKept + 2))
    await printed(bench, /bytes of output left out/)
    const [instance] = await bench.engine.list()
    const before = performance.now()
    await bench.engine.stop([instance?.id ?? ''], 1)
    expect(performance.now() - before).toBeLessThan(6000)
  })

  it('to /dev/stderr by that name is heard', async () => {
    const command = 'echo by name >> /dev/stderr; echo and number >&2; sleep 1000'
    await bench.engine.ensure(await bench.set('answers', { routed: false, command }), 1)
    await printed(bench, /^by name$/)
    await printed(bench, /^and number$/)
  })

  const logBytes = (folder: string) =>
    Number.parseInt(execFileSync('du', ['-sb', '--', places(folder).logs]).toString(), 10)

  it('leaves its log readable by Naru alone', async () => {
    await bench.engine.ensure(await bench.set('crashes-at-once'), 1)
    await printed(bench, /no database/)
    const at = places(bench.folder)
    expect(statSync(at.engine).mode & 0o777).toBe(0o700)
    const segment = join(at.logs, 'hello', 'production', '00000001.jsonl')
    expect(statSync(segment).mode & 0o777).toBe(0o600)
    expect(readFileSync(segment, 'utf8').split('\n')[0]).toContain('"segment":1')
  })
})
