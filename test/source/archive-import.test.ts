import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { archiveLimits } from '../../src/model/archive-entry.ts'
import { importArchive } from '../../src/source/archive-import.ts'
import { type Repositories, repositories } from '../../src/source/repository.ts'
import { type Member, tarOf } from './tar.ts'

const run = promisify(execFile)
let folder: string
let source: Repositories
let repository: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naru-import-'))
  source = repositories({ folder })
  await source.ensure('shop')
  repository = await source.find('shop')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const at = new Date('2026-03-01T12:00:00Z')
const send = (members: Member[], name = 'shop') =>
  source.importArchive('shop', { body: Readable.from([gzipSync(tarOf(members))]), name, at })

const git = async (...args: string[]) =>
  (await run('git', [`--git-dir=${repository}`, ...args])).stdout

/** Every file of the repository but those that are always there. */
async function files(): Promise<string[]> {
  const found = await readdir(repository, { recursive: true })
  return found.filter((path) => /objects\/|crash|refs\/naru/.test(path)).sort()
}

describe('an archive that is sent', () => {
  it('becomes a commit without parents, with its modes and links', async () => {
    const commit = await send([
      { path: './', type: '5' },
      { path: './run.sh', mode: 0o4755, content: '#!/bin/sh\n' },
      { path: './data/a "b".txt', content: 'a' },
      { path: './한글/파일', content: '' },
      { path: './latest', type: '2', target: 'data/a "b".txt' },
    ])
    const listed = (await git('ls-tree', '-r', '-z', commit)).split('\0').filter(Boolean)
    expect(listed.map((line) => line.replace(/ blob [0-9a-f]+\t/, ' '))).toEqual([
      '100644 data/a "b".txt',
      '120000 latest',
      '100755 run.sh',
      '100644 한글/파일',
    ])
    expect(await git('log', '--format=%P|%s|%cI', commit)).toBe(
      '|naru deploy: shop|2026-03-01T12:00:00+00:00\n',
    )
    expect(await source.readFile('shop', commit, 'latest')).toBe('a')
    await git('fsck', '--strict', '--full', commit)
  })

  it('leaves no ref and nothing beside its pack', async () => {
    await send([{ path: 'a', content: 'a' }])
    expect(await git('for-each-ref')).toBe('')
    expect(
      (await files()).filter((path) => !/pack\/pack-[0-9a-f]+\.(pack|idx|rev)$/.test(path)),
    ).toEqual(['objects/info', 'objects/pack', 'refs/naru'])
  })

  it('gives the same tree for the same files, and stores them once', async () => {
    const files = [{ path: 'big', content: 'x'.repeat(100_000) }]
    const [one, two] = [await send(files, 'one'), await send(files, 'two')]
    expect(one).not.toBe(two)
    const tree = async (commit: string) => (await source.commitInfo('shop', commit)).tree
    expect(await tree(one)).toBe(await tree(two))
    const { stdout } = await run('git', [`--git-dir=${repository}`, 'count-objects', '-v'])
    expect(stdout).toContain('in-pack: 4')
  })

  it('that is refused leaves nothing, and the next one works', async () => {
    const before = await files()
    await expect(
      send([
        { path: 'good', content: 'x'.repeat(300_000) },
        { path: '../bad', content: 'y' },
      ]),
    ).rejects.toMatchObject({ code: 'archive.entry', facts: { entry: '../bad', fault: 'outside' } })
    expect(await files()).toEqual(before)
    await send([{ path: 'good', content: 'x' }])
  })

  it('whose sender goes away leaves nothing, wherever that is', async () => {
    const before = await files()
    const whole = gzipSync(tarOf([{ path: 'a', content: 'x'.repeat(200_000) }]), { level: 0 })
    for (const cut of [0, 1, 9, 300, 60_000, whole.length - 1]) {
      const body = new PassThrough()
      body.write(whole.subarray(0, cut))
      const sent = source.importArchive('shop', { body, name: 'shop', at })
      body.destroy()
      await expect(sent).rejects.toMatchObject({ code: 'archive.broken' })
    }
    expect(await files()).toEqual(before)
  })

  it('may come from many at once', async () => {
    const commits = await Promise.all(
      Array.from({ length: 8 }, (_, n) => send([{ path: 'n', content: `${n}` }], `${n}`)),
    )
    expect(new Set(commits).size).toBe(8)
    for (const [n, commit] of commits.entries())
      expect(await source.readFile('shop', commit, 'n')).toBe(`${n}`)
  })

  it('survives what git throws away until it is kept', async () => {
    const commit = await send([{ path: 'a', content: 'a' }])
    await source.keep('shop', commit)
    await source.collect('shop', new Set([commit]))
    expect(await source.readFile('shop', commit, 'a')).toBe('a')
  })

  it('is bounded in what it unpacks to, in how often it grows, and in how many files it holds', async () => {
    const small = { ...archiveLimits, unpacked: 4096, entries: 5, growthFrom: 50_000, sent: 3000 }
    const limited = (members: Member[], more = {}) =>
      importArchive(
        repository,
        { body: Readable.from([gzipSync(tarOf(members))]), name: 'shop', at },
        { ...small, ...more },
      )
    const too = (what: string) => ({ code: 'archive.too-large', facts: { what } })
    await expect(limited([{ path: 'a', content: 'x'.repeat(4097) }])).rejects.toMatchObject(
      too('unpacked'),
    )
    await expect(
      limited([{ path: 'a', content: 'x'.repeat(200_000) }], { unpacked: 1e9 }),
    ).rejects.toMatchObject(too('growth'))
    await expect(limited([{ path: 'a/b/c/d/e/f', content: '' }])).rejects.toMatchObject(
      too('entries'),
    )
    const noise = Array.from({ length: 4000 }, (_, n) => (n * 2654435761) % 1e9).join('')
    await expect(limited([{ path: 'a', content: noise }], { unpacked: 1e9 })).rejects.toMatchObject(
      too('sent'),
    )
    await limited([{ path: 'a', content: 'x'.repeat(4096) }])
  })
})
