import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type BuildLog,
  followBuildLog,
  lastBuildLines,
  openBuildLog,
  removeBuildLog,
  trimBuildLogs,
} from '../../src/build/log.ts'
import type { BuildLine } from '../../src/model/build-note.ts'
import { readLine } from '../support/build-lines.ts'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naru-log-'))
  file = join(folder, 'app/7.log')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const all = async (path = file) =>
  (await lastBuildLines(path, 1_000_000)).map((line) => readLine(line))
/** What a program writes. */
const say = (log: BuildLog, text: string) => log.output('').write(Buffer.from(`${text}\n`))
const bytes = async () => {
  const names = await readdir(join(folder, 'app'))
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(folder, 'app', name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
const mode = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

describe('a build log', () => {
  test('has what was written, in a folder that others cannot read', async () => {
    const log = await openBuildLog(file)
    await say(log, 'one')
    await say(log, 'two')
    expect(log.tail(1)).toEqual(['two'])
    expect(await all()).toEqual(['one', 'two'])
    expect([await mode(join(folder, 'app')), await mode(file)]).toEqual(['700', '600'])
    await log.close()
  })

  test('goes when newer ones fill its place', async () => {
    for (const number of [7, 9, 10]) {
      const log = await openBuildLog(join(folder, `app/${number}.log`))
      await say(log, 'said')
      await log.close()
    }
    await trimBuildLogs(join(folder, 'app'), 2)
    expect((await readdir(join(folder, 'app'))).sort()).toEqual(['10.log', '9.log'])
  })

  test('begins anew when its build does', async () => {
    for (const text of ['first', 'second']) {
      const log = await openBuildLog(file)
      await say(log, text)
      await log.close()
    }
    expect(await all()).toEqual(['second'])
  })

  test('holds lines as a person would have seen them', async () => {
    const log = await openBuildLog(file)
    const output = log.output('  ')
    for (const piece of [
      'plain\r\n',
      '10%\r50%\r',
      '100%\ndone\n',
      '\u001b[31mred\u001b[0m \u001b]0;title\u0007and \u001b[2Kmore\n',
      'bell\u0007 tab\there \u202eback\u0000\n',
      'half ',
    ]) {
      await output.write(Buffer.from(piece))
    }
    const korean = Buffer.from('나루')
    await output.write(korean.subarray(0, 2))
    await output.write(korean.subarray(2))
    await output.end()
    await log.close()
    expect(await all()).toEqual([
      '  plain',
      '  100%',
      '  done',
      '  red and more',
      '  bell tab\there back',
      '  half 나루',
    ])
  })

  test('cuts a line that does not end, and says by how much', async () => {
    const log = await openBuildLog(file)
    const output = log.output('')
    for (let n = 0; n < 100; n += 1) await output.write(Buffer.alloc(10_000, 'x'))
    await output.end()
    await log.close()
    const [line = ''] = await all()
    expect(line).toHaveLength(8192 + ' … (+991808)'.length)
    expect(line.endsWith(' … (+991808)')).toBe(true)
  })

  test('keeps its beginning and its end in 2 MiB, and counts what it left out', async () => {
    const log = await openBuildLog(file)
    const output = log.output('')
    const count = 200_000
    for (let n = 0; n < count; n += 1000) {
      const lines = Array.from(
        { length: 1000 },
        (_, i) => `line ${n + i} of a program that talks too much\n`,
      )
      await output.write(Buffer.from(lines.join('')))
      expect(await bytes()).toBeLessThanOrEqual(2 * 1024 * 1024 + 70_000)
    }
    await log.close()
    const lines = await all()
    const gap = lines.findIndex((line) => line.startsWith('…'))
    const left = Number(/^… (\d+) lines left out …$/.exec(lines[gap] ?? '')?.[1])
    expect(lines[0]).toMatch(/^line 0 /)
    expect(lines.at(-1)).toMatch(/^line 199999 /)
    expect(lines.length - 1 + left).toBe(count)
    expect(lines[gap - 1]).toMatch(`line ${gap - 1} `)
    expect(lines[gap + 1]).toMatch(`line ${gap + left} `)
    await removeBuildLog(file)
    expect(await readdir(join(folder, 'app'))).toEqual([])
  })

  test('of a build that was killed says what there is', async () => {
    const log = await openBuildLog(file)
    await say(log, 'whole')
    await log.close()
    await appendFile(file, 'cut sho')
    expect(await all()).toEqual(['whole', 'cut sho'])
  })

  test('says what Naru has to say in the language of whoever reads', async () => {
    const log = await openBuildLog(file)
    await log.note({ is: 'begun', build: 7, app: 'shop', commit: '0123456789' })
    await log.note({ is: 'cached', step: 'install', seconds: 0.31 })
    await log.close()
    const lines = await lastBuildLines(file, 10)
    expect(lines.map((line) => readLine(line, 'en'))).toEqual([
      'build 7 of shop, commit 0123456789',
      'install  from cache  0.3 s',
    ])
    expect(lines.map((line) => readLine(line, 'ko'))).toEqual([
      'shop의 빌드 7, 커밋 0123456789',
      'install  캐시에서 가져왔습니다  0.3초',
    ])
  })

  test('takes for a note only what Naru wrote, and never what a program writes', async () => {
    const log = await openBuildLog(file)
    await log.output('').write(Buffer.from('\u001e{"is":"ready","seconds":1}\n'))
    await log.close()
    expect(await lastBuildLines(file, 10)).toEqual(['{"is":"ready","seconds":1}'])
  })

  test('has nothing in a note that a terminal would obey, whatever a command holds', async () => {
    const log = await openBuildLog(file)
    const command = 'echo \u001b[2J\u202e\u009b31m \u0007done\nand "more" \\u001b'
    await log.note({ is: 'not-startable', command })
    await log.close()
    expect(await all()).toEqual(['  echo  doneand "more" \\u001b: cannot be started'])
  })

  test('that an older Naru wrote is read as it is, and so is a note that was cut short', async () => {
    const log = await openBuildLog(file)
    await log.close()
    await appendFile(file, 'build 7 of shop, commit 0123456789\n- npm ci from package-lock.json\n')
    await appendFile(file, '\u001e{"is":"rea')
    expect(await all()).toEqual([
      'build 7 of shop, commit 0123456789',
      '- npm ci from package-lock.json',
      '{"is":"rea',
    ])
  })

  test('of a newer Naru shows a note that is not known as the data that it is', async () => {
    const log = await openBuildLog(file)
    await log.close()
    await appendFile(file, '\u001e{"is":"tomorrow","seconds":1}\n')
    expect(await all()).toEqual(['{"is":"tomorrow","seconds":1}'])
  })

  test('that was never written is empty', async () => {
    expect(await all()).toEqual([])
    await removeBuildLog(file)
  })

  test('is not mixed up with that of another build', async () => {
    const [one, other] = [await openBuildLog(file), await openBuildLog(join(folder, 'app/7.log2'))]
    await say(one, 'mine')
    await say(other, 'other')
    await Promise.all([one.close(), other.close()])
    expect(await all()).toEqual(['mine'])
  })
})

describe('following a build log', () => {
  const follow = (ended: () => boolean, signal?: AbortSignal) =>
    followBuildLog(file, { follow: true, ended }, signal)
  const gather = async (lines: AsyncIterable<BuildLine>) => {
    const found: BuildLine[] = []
    for await (const line of lines) found.push(line)
    return found
  }

  test('gives each line as it comes, from before its first, to the end of the build', async () => {
    let over = false
    const lines = follow(() => over)[Symbol.asyncIterator]()
    const first = lines.next()
    const log = await openBuildLog(file)
    await say(log, 'one')
    expect((await first).value).toBe('one')
    const second = lines.next()
    await say(log, 'two')
    expect((await second).value).toBe('two')
    await say(log, 'three')
    await log.close()
    over = true
    expect((await lines.next()).value).toBe('three')
    expect((await lines.next()).done).toBe(true)
  })

  test('from the middle gives all of it', async () => {
    const log = await openBuildLog(file)
    await say(log, 'one')
    const found = gather(follow(() => log.tail(1)[0] === 'end'))
    await say(log, 'two')
    await say(log, 'end')
    await log.close()
    expect(await found).toEqual(['one', 'two', 'end'])
  })

  test('gives every line of a long log to a reader that keeps up', async () => {
    let over = false
    const log = await openBuildLog(file)
    const lines = follow(() => over)[Symbol.asyncIterator]()
    const output = log.output('')
    let read = 0
    for (let n = 0; n < 60_000; n += 1000) {
      await output.write(
        Buffer.from(
          Array.from(
            { length: 1000 },
            (_, i) => `a rather long line, number ${n + i}, of this log\n`,
          ).join(''),
        ),
      )
      for (; read < n + 1000; read += 1)
        expect((await lines.next()).value).toMatch(`number ${read},`)
    }
    over = true
    await log.close()
    expect((await lines.next()).done).toBe(true)
  })

  test('ends when nobody listens any more', async () => {
    const stop = new AbortController()
    const log = await openBuildLog(file)
    await say(log, 'one')
    const found = gather(follow(() => false, stop.signal))
    stop.abort()
    expect(['one', undefined]).toContain((await found)[0])
    await log.close()
  })
})
