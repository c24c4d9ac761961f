import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { git } from '../../src/source/git.ts'
import { type Repositories, repositories } from '../../src/source/repository.ts'
import { type Answer, ask, home, type Rig, startShop } from '../server/rig.ts'
import { type Member, pax, tarOf } from './tar.ts'

let folder: string
let rig: Rig
let source: Repositories
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naru-corpus-'))
  source = repositories({ folder: join(folder, 'git') })
  await source.ensure('shop')
  rig = await startShop()
  rig.importArchive = source.importArchive
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const send = (raw: Buffer, type = 'application/gzip'): Promise<Answer> =>
  ask(rig, `${home}/archives?name=evil`, {
    method: 'POST',
    raw,
    headers: { 'content-type': type },
  })

/** Everything below the folder, so that a file that got out of the repository is seen. */
const files = async () => (await readdir(folder, { recursive: true })).sort()

const good: Member = { path: 'index.html', content: '<h1>hello</h1>' }
const file = (path: string | Buffer, more: Partial<Member> = {}): Member => ({
  path,
  content: 'x',
  ...more,
})
const link = (path: string, target: string): Member => ({ path, type: '2', target })
const base256 = (bytes: number[]) => Buffer.from([...Array(12 - bytes.length).fill(0), ...bytes])

/** What is wrong with each entry, and what the API says of it. */
const entries: [what: string, fault: string, members: Member[]][] = [
  ['a path that climbs', 'outside', [file('../evil')]],
  ['a path that climbs later', 'outside', [file('a/../../evil')]],
  ['a path that climbs and stays inside', 'outside', [file('a/../b')]],
  ['dots alone', 'outside', [file('..', { type: '5', content: '' })]],
  ['a path that climbs, in a pax header', 'outside', [pax({ path: '../../evil' }), file('fine')]],
  [
    'a path that climbs, in a GNU long name',
    'outside',
    [file('././@LongLink', { type: 'L', content: '../evil\0' }), file('fine')],
  ],
  [
    'a path that climbs, in its prefix',
    'outside',
    [file('evil', { header: (h) => void h.write('../..', 345) })],
  ],
  ['an absolute path', 'absolute', [file('/etc/cron.d/evil')]],
  ['an absolute path, in a pax header', 'absolute', [pax({ path: '/evil' }), file('fine')]],
  ['the drive of a Windows path', 'absolute', [file('C:/evil')]],
  ['a backslash', 'backslash', [file('..\\evil')]],
  ['the backslash of a network path', 'backslash', [file('\\\\host\\evil')]],
  ['a line break in a name', 'control', [file('a\nb')]],
  ['an escape in a name', 'control', [file('a\x1b[2Jb')]],
  ['a NUL in a name, in a pax header', 'control', [pax({ path: 'a\0b' }), file('fine')]],
  ['a name in Latin-1', 'not-utf8', [file(Buffer.from('caf\xe9', 'latin1'))]],
  ['a name that is too long', 'too-long', [pax({ path: 'n'.repeat(256) }), file('fine')]],
  ['a path that is too long', 'too-long', [pax({ path: 'abcdefgh/'.repeat(120) }), file('fine')]],
  ['a path that is too deep', 'too-long', [pax({ path: `${'a/'.repeat(150)}b` }), file('fine')]],
  ['a file without a name', 'nameless', [file('./')].map((m) => ({ ...m, type: '7' }))],
  ["git's own folder", 'git', [file('.git/hooks/post-checkout')]],
  ["git's own folder, deeper", 'git', [file('vendor/lib/.git/config')]],
  ["git's own folder, in capitals", 'git', [file('.GIT/config')]],
  ["git's own folder, as Windows shortens it", 'git', [file('GIT~1/config')]],
  ["git's own folder, as Windows reads it", 'git', [file('.git. /config')]],
  ["git's own folder, as a stream of NTFS", 'git', [file('.git::$INDEX_ALLOCATION/config')]],
  ["git's own folder, as macOS reads it", 'git', [file('.g\u200cit/config')]],
  ['a link where git looks for submodules', 'git', [link('.gitmodules', 'index.html')]],
  ['a file that is there twice', 'twice', [file('a'), file('a')]],
  ['a file that is there twice, written in two ways', 'twice', [file('a/b'), file('./a//b')]],
  ['a link that a file follows', 'file-and-folder', [link('a', 'index.html'), file('a')]],
  ['two names that differ by case', 'case', [file('README'), file('readme')]],
  ['two folders that differ by case', 'case', [file('Src/a'), file('src/b')]],
  ['two names that differ by how é is written', 'case', [file('caf\u00e9'), file('cafe\u0301')]],
  ['a file that is a folder as well', 'file-and-folder', [file('a'), file('a/b')]],
  ['a folder that is a file as well', 'file-and-folder', [file('a/b'), file('a')]],
  ['a path through a link', 'through-link', [link('out', 'assets'), file('out/evil')]],
  ['a link out', 'link-outside', [link('out', '../../etc')]],
  ['a link out, from deeper', 'link-outside', [link('a/b/out', '../../../etc/passwd')]],
  [
    'a link that is inside only when read as text',
    'link-outside',
    [file('a/deep/x'), link('l', 'a/deep'), link('out', 'l/../../..')],
  ],
  [
    'links that lead out together',
    'link-outside',
    [file('d/x'), link('d/up', '..'), link('out', 'd/up/../x')],
  ],
  ['a link to nothing', 'link-outside', [link('out', '')]],
  ['a link to an absolute path', 'link-absolute', [link('out', '/etc/passwd')]],
  [
    'a link to an absolute path, in a pax header',
    'link-absolute',
    [pax({ linkpath: '/etc/passwd' }), link('out', 'a')],
  ],
  ['a link with a backslash', 'backslash', [link('out', '..\\..\\etc')]],
  ['links in a circle', 'link-circle', [link('a', 'b'), link('b', 'a')]],
  ['a link to itself', 'link-circle', [link('a', 'a/a')]],
  ['a hard link', 'hard-link', [{ path: 'out', type: '1', target: 'index.html' }]],
  ['a hard link out', 'hard-link', [{ path: 'out', type: '1', target: '../../etc/passwd' }]],
  ['a character device', 'device', [{ path: 'null', type: '3' }]],
  ['a block device', 'device', [{ path: 'sda', type: '4' }]],
  ['a named pipe', 'fifo', [{ path: 'pipe', type: '6' }]],
  [
    'a sparse file',
    'sparse',
    [pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' }), file('s')],
  ],
  ['an old sparse file', 'unknown', [{ path: 's', type: 'S' }]],
  ['a type that nobody knows', 'unknown', [{ path: 's', type: 'Z' }]],
]

describe('a hostile entry is refused by its name, nothing is written, nothing is built', () => {
  it.each(entries)('%s: %s', async (_what, fault, members) => {
    const before = await files()
    for (const wrong of [members, [good, ...members]]) {
      const { status, json } = await send(gzipSync(tarOf(wrong)))
      expect({ status, code: json['code'], facts: json['facts'] }).toMatchObject({
        status: 422,
        code: 'archive.entry',
        facts: { fault },
      })
      expect(json['message']).not.toMatch(/\p{Cc}|undefined/u)
      expect(json['hint']).toBeTruthy()
    }
    expect(rig.asked).toEqual([])
    expect((await files()).filter((path) => !before.includes(path))).toEqual([])
  })
})

const whole = gzipSync(tarOf([good, file('a/b', { content: 'y'.repeat(5000) })]))

/** Archives that are wrong as a whole. */
const archives: [what: string, code: string, facts: object, bytes: () => Buffer][] = [
  ['nothing', 'archive.broken', { damage: 'cut-off' }, () => Buffer.alloc(0)],
  [
    'text',
    'archive.unknown',
    { found: 'no-archive' },
    () => Buffer.from('hello, this is no archive'),
  ],
  ['a tar that is not compressed', 'archive.unknown', {}, () => tarOf([good])],
  ['a zip', 'archive.unknown', {}, () => Buffer.from('PK\x03\x04 and so on')],
  [
    'a compressed text',
    'archive.unknown',
    { found: 'no-archive' },
    () => gzipSync('hello '.repeat(200)),
  ],
  ['a tar of nothing', 'archive.empty', {}, () => gzipSync(tarOf([]))],
  ['no bytes, compressed', 'archive.empty', {}, () => gzipSync('')],
  ['folders alone', 'archive.empty', {}, () => gzipSync(tarOf([{ path: 'a/', type: '5' }]))],
  ['one cut in its header', 'archive.broken', { damage: 'cut-off' }, () => whole.subarray(0, 5)],
  ['one cut in the middle', 'archive.broken', { damage: 'cut-off' }, () => whole.subarray(0, 60)],
  ['one cut before its sum', 'archive.broken', { damage: 'cut-off' }, () => whole.subarray(0, -8)],
  [
    'one cut in a file',
    'archive.broken',
    { damage: 'cut-off' },
    () => gzipSync(tarOf([file('a', { content: 'y'.repeat(2000) })]).subarray(0, 1200)),
  ],
  [
    'one cut between two files',
    'archive.broken',
    { damage: 'cut-off' },
    () => gzipSync(tarOf([good], { end: false })),
  ],
  [
    'one with a wrong sum',
    'archive.broken',
    { damage: 'checksum' },
    () => Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8, 7)]),
  ],
  [
    'a header with a wrong sum',
    'archive.broken',
    { damage: 'damaged' },
    () =>
      gzipSync(
        Buffer.concat([tarOf([good], { end: false }), Buffer.alloc(512, 'x'), Buffer.alloc(1024)]),
      ),
  ],
  [
    'a file larger than it is',
    'archive.broken',
    { damage: 'cut-off' },
    () => gzipSync(tarOf([file('a', { size: 1_000_000 })])),
  ],
  [
    'a file of a size below nothing',
    'archive.broken',
    {},
    () => gzipSync(tarOf([file('a', { size: Buffer.alloc(12, 0xff) })])),
  ],
  [
    'a file of a size that is no number',
    'archive.broken',
    {},
    () => gzipSync(tarOf([file('a', { size: Buffer.from('zzzzzzzzzzz\0') })])),
  ],
  [
    'a file of 8 EB',
    'archive.too-large',
    { what: 'unpacked' },
    () =>
      gzipSync(tarOf([file('a', { size: base256([0x7f, 0, 0, 0, 0, 0, 0, 0]).fill(0x80, 0, 1) })])),
  ],
  [
    'a pax header of 3 GB',
    'archive.broken',
    {},
    () => gzipSync(tarOf([{ path: 'PaxHeader', type: 'x', size: 3_000_000_000 }])),
  ],
  [
    'a bomb',
    'archive.too-large',
    { what: 'growth' },
    () => gzipSync(tarOf([file('zeros', { content: Buffer.alloc(80 * 1024 * 1024) })])),
  ],
  [
    'a bomb of headers',
    'archive.too-large',
    {},
    () => gzipSync(Buffer.concat([Buffer.alloc(1024 * 512 * 150), tarOf([good])])),
  ],
]

describe('an archive that is none, or broken, or too much, is refused in words', () => {
  it.each(archives)('%s: %s', async (_what, code, facts, bytes) => {
    const before = await files()
    const { status, json } = await send(bytes())
    expect({ code: json['code'], facts: json['facts'] }).toMatchObject({ code, facts })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(rig.asked).toEqual([])
    expect((await files()).filter((path) => !before.includes(path))).toEqual([])
    expect((await send(whole)).status).toBe(202)
  })

  it('one that says beforehand that it is too large', async () => {
    const answer = await ask(rig, `${home}/archives`, {
      method: 'POST',
      headers: {
        'content-type': 'application/gzip',
        'content-length': '600000000',
        expect: '100-continue',
      },
    })
    expect([answer.status, answer.json['code']]).toEqual([413, 'archive.too-large'])
  })

  it('another type of body, a name of two lines, an app and an environment that are not there', async () => {
    expect((await send(whole, 'application/json')).json['code']).toBe('request.invalid')
    const post = (path: string) =>
      ask(rig, path, {
        method: 'POST',
        raw: whole,
        headers: { 'content-type': 'application/gzip' },
      })
    expect((await post(`${home}/archives?name=a%0Ab`)).json['code']).toBe('request.invalid')
    expect((await post(`${home.replace('shop', 'none')}/archives`)).json['code']).toBe(
      'app.unknown',
    )
    expect((await post(`${home}-2/archives`)).json['code']).toBe('environment.unknown')
    expect(rig.asked).toEqual([])
  })
})

describe('archives that were changed by chance', () => {
  it('are refused in words or taken in whole, 300 of them', { timeout: 120_000 }, async () => {
    await send(whole)
    const before = (await files()).filter((path) => !path.includes('/pack/'))
    const tar = tarOf([
      good,
      file('run.sh', { mode: 0o755 }),
      link('l', 'run.sh'),
      pax({ path: '한글' }),
      file('x'),
    ])
    const packed = gzipSync(tar)
    let seed = 20260301
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed % below
    }
    const codes = new Map<string, number>()
    for (let turn = 0; turn < 300; turn += 1) {
      const bytes = Buffer.from(turn % 3 === 0 ? packed : tar)
      for (let flips = 0; flips <= turn % 5; flips += 1) bytes[random(bytes.length)] = random(256)
      const cut = turn % 7 === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
      const { status, json } = await send(turn % 3 === 0 ? cut : gzipSync(cut))
      const said = status === 202 ? 'taken' : String(json['code'])
      codes.set(said, (codes.get(said) ?? 0) + 1)
      expect(said, `turn ${turn}`).toMatch(
        /^(taken|archive\.(broken|entry|unknown|empty|too-large))$/,
      )
    }
    expect(codes.size).toBeGreaterThan(2)
    // What was taken is sound, by git's own strict rules.
    await git(['fsck', '--strict', '--full'], { repository: await source.find('shop') })
    expect((await files()).filter((path) => !path.includes('/pack/'))).toEqual(before)
  })
})
