import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type Header, pack } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTree, writeTree } from '../../src/source/copied-tree.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'naru-cp-test-'))
  mkdirSync(join(folder, 'here'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function tarOf(entries: (Partial<Header> & { name: string; text?: string })[]): Readable {
  const tar = pack()
  for (const { text = '', ...header } of entries) tar.entry(header, text)
  tar.finalize()
  return Readable.from(tar)
}
const target = () => join(folder, 'here')
const text = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8')

describe('what comes from an instance', () => {
  it('is put into a folder that is there, else in the place that is named', async () => {
    const entries = () => [
      { name: 'data', type: 'directory' as const },
      { name: 'data/a.txt', text: 'a', mode: 0o755 },
      { name: 'data/in/b.txt', text: 'b' },
    ]
    expect(await writeTree(tarOf(entries()), 'data', target())).toEqual({ files: 2, leftOut: [] })
    expect(text('here/data/in/b.txt')).toBe('b')
    expect(statSync(join(folder, 'here/data/a.txt')).mode & 0o777).toBe(0o755)
    await writeTree(tarOf(entries()), 'data', join(folder, 'other'))
    expect(text('other/a.txt')).toBe('a')
    await writeTree(
      tarOf([{ name: 'one.txt', text: 'new' }]),
      'one.txt',
      join(folder, 'other/a.txt'),
    )
    expect(text('other/a.txt')).toBe('new')
    expect(readdirSync(folder).filter((name) => name.startsWith('.naru-cp'))).toEqual([])
  })

  it('writes nowhere else, whatever it is called, and makes no link', async () => {
    const hostile = tarOf([
      { name: 'data/ok.txt', text: 'ok' },
      { name: 'data/../../escaped', text: 'x' },
      { name: '../escaped', text: 'x' },
      { name: join(folder, 'escaped'), text: 'x' },
      { name: 'other/escaped', text: 'x' },
      { name: 'data/link', type: 'symlink', linkname: folder },
      { name: 'data/link/escaped', text: 'x' },
      { name: 'data/hard', type: 'link', linkname: join(folder, 'secret') },
      { name: 'data/device', type: 'character-device' },
    ])
    const { files, leftOut } = await writeTree(hostile, 'data', target())
    expect(files).toBe(2)
    expect(leftOut).toHaveLength(7)
    expect(existsSync(join(folder, 'escaped'))).toBe(false)
    expect(readdirSync(folder)).toEqual(['here'])
    // What the link would have led to is a folder of its own.
    expect(text('here/data/link/escaped')).toBe('x')
  })

  it('that breaks off leaves nothing', async () => {
    const whole = Buffer.concat(
      await Readable.from(tarOf([{ name: 'data', text: 'x'.repeat(5_000) }])).toArray(),
    )
    const half = Readable.from([whole.subarray(0, 1_000)])
    await expect(writeTree(half, 'data', target())).rejects.toThrow()
    expect(readdirSync(target())).toEqual([])
  })
})

describe('what goes to an instance', () => {
  it('is there under its new name, links left out', async () => {
    const from = join(folder, 'here')
    mkdirSync(join(from, 'in'))
    writeFileSync(join(from, 'in/a.txt'), 'a')
    writeFileSync(join(from, 'empty'), '')
    symlinkSync('/etc/passwd', join(from, 'link'))
    const { tar, copied } = readTree(from, 'seed')
    await writeTree(tar, 'seed', join(folder, 'back'))
    expect(text('back/in/a.txt')).toBe('a')
    expect(text('back/empty')).toBe('')
    expect(copied).toEqual({ files: 2, leftOut: ['seed/link'] })
    expect(readdirSync(join(folder, 'back')).sort()).toEqual(['empty', 'in'])
  })
})
