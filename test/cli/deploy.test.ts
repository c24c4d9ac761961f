import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Member, pax, tarOf } from '../source/tar.ts'
import { run } from '../support/naru.ts'
import { aBuild, aDeployment, aStatus, goodStory, home, StandIn } from '../support/stand-in.ts'
import { Rig } from './rig.ts'
import { type ZipMember, zipOf } from './zip.ts'

let rig: Rig
let server: StandIn
beforeEach(async () => {
  rig = await Rig.made()
  server = await StandIn.started()
  server.json('GET /v1/apps/shop', 200, { name: 'shop', createdAt: '', stable: null, urls: [] })
  server.json(`POST ${home}/archives`, 202, aBuild({ status: 'queued' }))
  server.stream('GET /v1/apps/shop/builds/3/log', [
    ['line', { text: 'files' }],
    ['end', aBuild()],
  ])
  server.json(`GET ${home}/deployments/4`, 200, { ...aDeployment(), events: [] })
  server.json(`GET ${home}`, 200, aStatus())
  server.stream(`GET ${home}/deployments/4/events`, [
    ...goodStory.map((event): [string, unknown] => ['event', event]),
    ['end', aDeployment()],
  ])
})
afterEach(async () => {
  await server.stop()
  rig.remove()
})

const deploy = (...args: string[]) =>
  rig.naru(['deploy', ...args], { environment: server.environment })
const detached = (...args: string[]) => deploy(...args, '--app', 'shop', '--detach')

/** Writes files below the folder that the person stands in. */
function write(files: Record<string, string>, folder = rig.work): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const archive = (name: string, bytes: Buffer): string => {
  writeFileSync(join(rig.work, name), bytes)
  return name
}

const sent = () => server.requests.filter(({ path }) => path === `${home}/archives`)

/** What came, as `tar` lists it: rights, path and where a link leads. */
async function received(): Promise<string[]> {
  const file = join(rig.folder, 'received.tar')
  const body = sent().at(-1)?.body
  if (!Buffer.isBuffer(body)) throw new Error('nothing was sent')
  writeFileSync(file, gunzipSync(body))
  const options = {
    environment: {
      PATH: process.env['PATH'] ?? '',
      LC_ALL: 'C.UTF-8',
      TAR_OPTIONS: '--quoting-style=literal',
    },
  }
  const { stdout } = await run('tar', ['-tvf', file], options)
  const entries = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^(\S+)(?:\s+\S+){4}\s+/, '$1 '))
  return entries
    .filter((entry) => !entry.startsWith('d'))
    .map((entry) => entry.replace(/^.(...)\S*/, '$1'))
    .sort()
}
const paths = async () => (await received()).map((entry) => entry.slice(4)).sort()

describe('naru deploy, in a folder without git', () => {
  it('sends its files with their rights and links, follows the build, and says what it did', async () => {
    write({ 'index.html': 'hello', 'bin/run': '#!/bin/sh', '한 글/é': 'x' })
    chmodSync(join(rig.work, 'bin/run'), 0o4755)
    symlinkSync('index.html', join(rig.work, 'home'))
    const { code, stdout, stderr } = await deploy('--app', 'shop')
    expect(stderr).toContain('work: 4 files, 15 bytes\nsent ')
    expect(stderr).toContain('v3 is stable')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(await received()).toEqual([
      'rw- index.html',
      'rw- 한 글/é',
      'rwx bin/run',
      'rwx home -> index.html',
    ])
    expect(sent()[0]).toMatchObject({
      headers: { authorization: 'Bearer a-token', 'content-type': 'application/gzip' },
    })
    expect(sent()[0]?.query.get('name')).toBe('work')
  })

  it('honours .gitignore and .naruignore of every folder', async () => {
    write({
      '.gitignore': '*.log\n/dist/\nsecret\n',
      'a.log': '',
      'dist/app.js': '',
      'web/dist/kept.js': '',
      'web/.gitignore': '!important.log\n/tmp\n',
      'web/important.log': '',
      'web/other.log': '',
      'web/tmp/x': '',
      'tmp/kept': '',
      secret: '',
      '.naruignore': 'docs/\n!secret\n',
      'docs/page.md': '',
      'Docs/case.md': '',
    })
    await detached()
    expect(await paths()).toEqual(
      [
        '.gitignore',
        '.naruignore',
        'Docs/case.md',
        'secret',
        'tmp/kept',
        'web/.gitignore',
        'web/dist/kept.js',
        'web/important.log',
      ].sort(),
    )
  })

  it('never sends dependencies, git and values of secrets, and says so', async () => {
    write({
      'index.html': '',
      'node_modules/x/index.js': '',
      'api/node_modules/y/index.js': '',
      '.venv/bin/python': '',
      '.git/config': '',
      '.env': 'KEY=1',
      'api/.env.local': 'KEY=2',
      '.env.example': 'KEY=',
      '.DS_Store': '',
    })
    const { stderr } = await detached()
    expect(await paths()).toEqual(['.env.example', 'index.html'])
    expect(stderr).toContain('left out: .venv, api/node_modules and node_modules\n')
    expect(stderr).toContain(
      'secrets belong in Naru and not in the code: .env and api/.env.local (naru settings import FILE)',
    )
  })

  it('sends another folder, wherever one stands', async () => {
    write({ 'site/index.html': '', 'other/x': '' })
    await detached('./site')
    expect(await paths()).toEqual(['index.html'])
    expect(sent()[0]?.query.get('name')).toBe('site')
  })

  it('may be given a title', async () => {
    write({ 'index.html': '' })
    await detached('--name', 'Spring sale 봄')
    expect(sent()[0]?.query.get('name')).toBe('Spring sale 봄')
  })
})

describe('naru deploy, in a git repository', () => {
  beforeEach(async () => {
    await rig.git('init', '-q', '-b', 'main')
    write({
      'index.html': 'one',
      '.gitignore': 'built\n*.tmp\n',
      'kept.tmp': 'known to git',
      'sub/a': '',
    })
    await rig.git('add', '-f', '.')
    await rig.git('commit', '-q', '-m', 'First')
  })

  it('sends the files as they are, and says how many changes are not committed', async () => {
    const clean = await detached()
    expect(clean.stderr).toContain('work: 4 files, ')
    expect(clean.stderr).not.toContain('committed')
    write({ 'index.html': 'two', 'new.html': '', 'built/x': '', 'other.tmp': '' })
    const { stderr } = await detached()
    expect(stderr).toContain('work: 5 files, 27 bytes, with 2 changes that are not committed\n')
    expect(await paths()).toEqual(['.gitignore', 'index.html', 'kept.tmp', 'new.html', 'sub/a'])
  })

  it('sends what .naruignore takes back in, as what was built here', async () => {
    write({ '.naruignore': '!built/\n', 'built/app.js': '', 'built/x.tmp': '' })
    write({ 'built/.gitignore': '*.tmp\n' })
    await detached()
    expect(await paths()).toContain('built/app.js')
    expect(await paths()).not.toContain('built/x.tmp')
  })

  it("honours the account's and the repository's own excludes", async () => {
    write({ '.config/git/ignore': '*.account\n' }, rig.home)
    write({ '.git/info/exclude': '*.mine\n', 'a.account': '', 'b.mine': '', 'c.html': '' })
    await detached()
    expect(await paths()).toEqual(['.gitignore', 'c.html', 'index.html', 'kept.tmp', 'sub/a'])
  })

  it('sends one folder of it by the rules of the whole, and a folder that git leaves out', async () => {
    write({ 'sub/b.tmp': '', 'sub/c': '', 'built/app.js': '', 'built/m.tmp': '' })
    const { stderr } = await detached('sub')
    expect(await paths()).toEqual(['a', 'c'])
    expect(stderr).toContain('with 1 change that is not committed')
    await detached('built')
    expect(await paths()).toEqual(['app.js', 'm.tmp'])
  })

  it('sends a repository within it as files', async () => {
    await rig.git('init', '-q', join(rig.work, 'inner'))
    write({ 'inner/x': '', '.gitmodules': '[submodule "inner"]\n\tpath = inner\n\turl = ./x\n' })
    await detached()
    expect(await paths()).toEqual([
      '.gitignore',
      '.gitmodules',
      'index.html',
      'inner/x',
      'kept.tmp',
      'sub/a',
    ])
  })
})

describe('naru deploy, with an archive', () => {
  const tar: Member[] = [
    { path: 'index.html', content: 'hello' },
    { path: 'bin/run', mode: 0o755, content: 'x' },
    { path: 'home', type: '2', target: 'index.html' },
  ]
  const zip: ZipMember[] = [
    { path: 'bin/', mode: 0o040755, method: 0 },
    { path: 'index.html', mode: 0o100644, content: 'hello' },
    { path: 'bin/run', mode: 0o100755, content: 'x', method: 0 },
    { path: 'home', mode: 0o120777, content: 'index.html' },
  ]

  it.each([
    ['shop.tar.gz', () => gzipSync(tarOf(tar))],
    ['shop.tgz', () => gzipSync(tarOf(tar))],
    ['shop.tar', () => tarOf(tar)],
    ['shop.zip', () => zipOf(zip)],
    ['whatever.bin', () => zipOf(zip)],
  ])('sends what is in %s', async (name, bytes) => {
    const { code, stderr } = await detached(archive(name, bytes()))
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toContain(`${name}: 3 files, 6 bytes\n`)
    expect(await received()).toEqual(['rw- index.html', 'rwx bin/run', 'rwx home -> index.html'])
    expect(sent()[0]?.query.get('name')).toBe(name)
  })

  it('takes the content of the one folder that everything is in, and says so', async () => {
    const within = tar.map((member) => ({ ...member, path: `shop-1.2/${String(member.path)}` }))
    const header = pax({ comment: '4f1c2d9a8b7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a' }, 'g')
    archive('a.tar.gz', gzipSync(tarOf([header, { path: 'shop-1.2/', type: '5' }, ...within])))
    expect((await detached('a.tar.gz')).stderr).toContain(
      'everything is in the folder "shop-1.2": its content is what is deployed\n',
    )
    expect(await paths()).toEqual(['bin/run', 'home -> index.html', 'index.html'])
    archive(
      'b.zip',
      zipOf([
        ...zip.map((member) => ({ ...member, path: `top/${String(member.path)}` })),
        { path: '__MACOSX/top/._x', content: 'x' },
      ]),
    )
    expect((await detached('b.zip')).stderr).toContain('"top"')
    expect(await paths()).toEqual(['bin/run', 'home -> index.html', 'index.html'])
  })

  it('leaves out what is never sent, but nothing that .gitignore names', async () => {
    const more: Member[] = ['.git/config', 'node_modules/x', '.env', 'dist/app.js'].map((path) => ({
      path,
      content: 'x',
    }))
    const { stderr } = await detached(
      archive('a.tar', tarOf([...tar, { path: '.gitignore', content: 'dist' }, ...more])),
    )
    expect(stderr).toContain('left out: node_modules\n')
    expect(await paths()).toEqual([
      '.gitignore',
      'bin/run',
      'dist/app.js',
      'home -> index.html',
      'index.html',
    ])
  })

  it.each<[string, string, string, () => Buffer]>([
    ['a.rar', 'is a RAR archive', 'archive.unknown', () => Buffer.from('Rar!\x1a\x07\x01\x00')],
    ['a.7z', 'is a 7-Zip archive', 'archive.unknown', () => Buffer.from('377abcaf271c0004', 'hex')],
    [
      'a.tar.xz',
      'is compressed by xz',
      'archive.unknown',
      () => Buffer.from('fd377a585a0000', 'hex'),
    ],
    ['a.tar.bz2', 'is compressed by bzip2', 'archive.unknown', () => Buffer.from('BZh91AY')],
    [
      'a.tar.zst',
      'is compressed by zstd',
      'archive.unknown',
      () => Buffer.from('28b52ffd00', 'hex'),
    ],
    ['a.js', 'is no archive', 'archive.unknown', () => Buffer.from('console.log(1)')],
    ['a.gz', 'is no archive', 'archive.unknown', () => gzipSync('just text, '.repeat(100))],
    ['empty.zip', 'is an empty file', 'archive.unknown', () => Buffer.alloc(0)],
    ['none.zip', 'holds no file to deploy', 'archive.empty', () => zipOf([])],
    [
      'split.zip',
      'is one part of a zip that was split',
      'archive.unknown',
      () => zipOf(zip, { disk: 1 }),
    ],
    [
      '64.zip',
      'is a zip of the kind zip64',
      'archive.unknown',
      () =>
        zipOf(
          [{ path: 'a', extra: Buffer.from('0100080000000000000000', 'hex').subarray(0, 11) }].map(
            (m) => ({
              ...m,
              extra: Buffer.concat([Buffer.from('01000800', 'hex'), Buffer.alloc(8)]),
            }),
          ),
        ),
    ],
    [
      'cut.zip',
      'is cut off: its end is missing',
      'archive.broken',
      () => zipOf(zip).subarray(0, 200),
    ],
    [
      'cut.tgz',
      'is cut off: its end is missing',
      'archive.broken',
      () => gzipSync(tarOf(tar)).subarray(0, 90),
    ],
    [
      'sum.zip',
      'does not match its checksums',
      'archive.broken',
      () => zipOf([{ path: 'naru.yaml', content: 'app: shop', sum: 7 }]),
    ],
    [
      'list.zip',
      'is damaged and cannot be read',
      'archive.broken',
      () => Buffer.from(zipOf(zip).toString('latin1').replace('PK\x01\x02', 'PKxx'), 'latin1'),
    ],
    [
      'size.zip',
      'is damaged and cannot be read',
      'archive.broken',
      () => zipOf([{ path: 'naru.yaml', content: 'app: shop', size: 3 }]),
    ],
    [
      'locked.zip',
      '"a" is refused, and nothing was deployed: it is encrypted',
      'archive.entry',
      () => zipOf([{ path: 'a', content: 'x', flags: 1 }]),
    ],
    [
      'lzma.zip',
      'compressed in a way that Naru does not read',
      'archive.entry',
      () => zipOf([{ path: 'a', content: 'x', method: 14 }]),
    ],
    [
      'slip.zip',
      '"../evil" is refused, and nothing was deployed: its path leads out',
      'archive.entry',
      () => zipOf([{ path: '../evil' }]),
    ],
    [
      'back.zip',
      '"a\\\\..\\\\evil" is refused, and nothing was deployed: there is a backslash',
      'archive.entry',
      () => zipOf([{ path: 'a\\..\\evil' }]),
    ],
    [
      'link.zip',
      '"out" is refused, and nothing was deployed: this link leads out',
      'archive.entry',
      () => zipOf([{ path: 'out', mode: 0o120777, content: '../../etc/passwd' }]),
    ],
    [
      'long.zip',
      'too long',
      'archive.entry',
      () => zipOf([{ path: 'out', mode: 0o120777, content: 'a'.repeat(5000) }]),
    ],
    [
      'korean.zip',
      'its name is not UTF-8',
      'archive.entry',
      () => zipOf([{ path: Buffer.from('b0a1b3aa', 'hex') }]),
    ],
    [
      'device.zip',
      'it is a device',
      'archive.entry',
      () => zipOf([{ path: 'null', mode: 0o020666 }]),
    ],
    [
      'twice.zip',
      'it is there twice',
      'archive.entry',
      () => zipOf([{ path: 'a' }, { path: './a' }]),
    ],
    ['slip.tar', '"../evil" is refused', 'archive.entry', () => tarOf([{ path: '../evil' }])],
    [
      'hard.tgz',
      'it is a hard link',
      'archive.entry',
      () => gzipSync(tarOf([...tar, { path: 'h', type: '1', target: 'index.html' }])),
    ],
    [
      'git.tgz',
      'git keeps this name for itself',
      'archive.entry',
      () => gzipSync(tarOf([{ path: '.GIT/hooks/x' }])),
    ],
  ])('refuses %s, which %s, before anything is sent', async (name, said, code, bytes) => {
    const { code: exit, stdout, stderr } = await detached(archive(name, bytes()))
    expect(stderr).toContain(said)
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(`  (${code})`)
    expect(stderr).toMatch(/^ {2}→ \S/m)
    expect({ exit, stdout }).toEqual({ exit: 7, stdout: '' })
    expect(server.requests).toEqual([])
  })

  it('whose content is broken is given up in the middle, and the server is told nothing', async () => {
    archive('sum.zip', zipOf([{ path: 'index.html', content: 'x'.repeat(5000), sum: 7 }]))
    const { code, stderr } = await detached('sum.zip')
    expect(stderr).toContain('does not match its checksums')
    expect(code).toBe(7)
    expect(sent()).toEqual([])
  })
})

describe('naru deploy is refused', () => {
  const refusal = async (...args: string[]) => {
    const { code, stderr } = await detached(...args)
    expect(sent()).toEqual([])
    return `${stderr}exit ${code}`
  }

  it('where there is nothing, or nothing to send', async () => {
    expect(await refusal('nothing/here.zip')).toBe(
      '✖ there is no folder and no archive "nothing/here.zip"\n  → naru deploy sends the folder you stand in; naru deploy shop.tar.gz sends an archive\n  (archive.missing)\nexit 2',
    )
    expect(await refusal()).toContain('✖ "work" holds no file to deploy\n')
    mkdirSync(join(rig.work, 'only/folders'), { recursive: true })
    expect(await refusal('only')).toContain('(archive.empty)\nexit 7')
    expect(await refusal('/dev/null')).toContain('(archive.unknown)')
  })

  it('with a link out of the folder, a pipe or a socket in it, by its name', async () => {
    write({ 'index.html': '' })
    symlinkSync('/etc/passwd', join(rig.work, 'passwords'))
    expect(await refusal()).toContain(
      '"passwords" is refused, and nothing was deployed: this link leads to an absolute path',
    )
    write({ '.naruignore': 'passwords\n' })
    symlinkSync('../work/index.html', join(rig.work, 'around'))
    expect(await refusal()).toContain(
      '"around" is refused, and nothing was deployed: this link leads out of what is deployed',
    )
    write({ '.naruignore': 'passwords\naround\n' })
    await run('mkfifo', [join(rig.work, 'pipe')])
    expect(await refusal()).toContain(
      '"pipe" is refused, and nothing was deployed: it is a named pipe\n  → leave it out: name it in .naruignore',
    )
    write({ '.naruignore': 'passwords\naround\npipe\n' })
    const listening = createServer().listen(join(rig.work, 'sock'))
    await new Promise((resolve) => listening.once('listening', resolve))
    expect(await refusal()).toContain('it is a socket')
    await new Promise((resolve) => listening.close(resolve))
    expect((await detached()).code).toBe(0)
  })

  // Files of the kernel say that they are a page long, and are shorter.
  const short = '/sys/kernel/mm/transparent_hugepage'
  it.runIf(existsSync(short))('with a file that becomes shorter while it is read', async () => {
    expect(await refusal(short)).toMatch(
      /✖ "\S+" cannot be packed: it became shorter while it was read\n {2}→ .*\n {2}\(archive\.unreadable\)\nexit 2$/,
    )
  })

  it.runIf(process.getuid?.() !== 0)('with a file that one may not read', async () => {
    write({ 'index.html': '', secret: '' })
    chmodSync(join(rig.work, 'secret'), 0)
    expect(await refusal()).toContain('"secret" cannot be packed: you may not read it')
  })

  it('with names that no file may have there', async () => {
    write({ 'index.html': '', 'a\\b': '' })
    expect(await refusal()).toContain(
      '"a\\\\b" is refused, and nothing was deployed: there is a backslash in its path',
    )
    write({ '.naruignore': 'a?b\nREADME\n', 'bad\nname': '' })
    expect(await refusal()).toContain('there are control characters in its name')
  })

  it('by a server that knows better, in its words', async () => {
    write({ 'index.html': '' })
    server.fails(
      `POST ${home}/archives`,
      422,
      'spec.invalid',
      'naru.yaml:1:1 is wrong',
      'correct it',
    )
    const { code, stderr } = await detached()
    expect(stderr).toContain('✖ naru.yaml:1:1 is wrong\n  → correct it\n  (spec.invalid)\n')
    expect(code).toBe(7)
  })

  it('when two things are asked for', async () => {
    const { code, stderr } = await deploy('folder', '--build', '3', '--app', 'shop')
    expect(code).toBe(2)
    expect(stderr).toContain('(usage.invalid)')
  })
})

describe('the app that is deployed', () => {
  beforeEach(() => {
    for (const app of ['named', 'store', 'my-site-2', 'known'])
      server.json(
        `POST /v1/apps/${app}/environments/production/archives`,
        202,
        aBuild({ app, status: 'queued' }),
      )
    server.json('POST /v1/apps', 201, { name: 'x', createdAt: '', stable: null, urls: [] })
    server.fails('GET /v1/apps/store', 404, 'app.unknown', 'no such app', 'naru apps')
    server.fails('GET /v1/apps/my-site-2', 404, 'app.unknown', 'no such app')
    server.json('GET /v1/apps/named', 200, {})
    server.json('GET /v1/apps/known', 200, {})
  })
  const appOf = async (...args: string[]) => {
    server.requests.length = 0
    const { stderr } = await deploy('--detach', ...args)
    const path = server.paths().find((each) => each.endsWith('/archives')) ?? stderr
    return path.replace(/^POST \/v1\/apps\/(.*)\/environments\/production\/archives$/, '$1')
  }

  it('is --app, else that of the naru.yaml that is sent, else of the repository, else the name', async () => {
    write({ 'My Site_2/index.html': '' })
    expect(await appOf('My Site_2')).toBe('my-site-2')
    await rig.git('init', '-q')
    await rig.git('config', 'naru.app', 'known')
    expect(await appOf('My Site_2')).toBe('known')
    write({ 'My Site_2/naru.yaml': 'app: store\n' })
    expect(await appOf('My Site_2')).toBe('store')
    expect(await appOf('My Site_2', '--app', 'named')).toBe('named')
    archive('a.zip', zipOf([{ path: 'top/naru.yaml', content: 'app: store' }]))
    expect(await appOf('a.zip')).toBe('store')
  })

  it('is made where there is none, and that is said', async () => {
    write({ 'index.html': '', 'naru.yaml': 'app: store\n' })
    const { stderr } = await deploy('--detach')
    expect(stderr).toContain('store is made\n')
    expect(server.requests.find(({ path }) => path === '/v1/apps')?.body).toEqual({ name: 'store' })
  })

  it('is never made for another environment than production', async () => {
    write({ 'index.html': '' })
    const { stderr, code } = await deploy('--app', 'store', '--env', 'staging')
    expect({ stderr, code }).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('(app.unknown)'),
    })
    expect(server.paths()).toEqual(['GET /v1/apps/store'])
  })
})

describe('what naru deploy answers', () => {
  beforeEach(() => {
    write({ 'index.html': '' })
  })

  it('as JSON is the build and its deployment', async () => {
    const { stdout, code } = await deploy('--app', 'shop', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ build: { number: 3 }, deployment: { number: 4 } })
    expect(code).toBe(0)
  })

  it('with --detach is the build, at once', async () => {
    expect((await detached()).stdout).toBe('build 3 is queued: naru builds show 3 --follow\n')
    expect(JSON.parse((await detached('--json')).stdout)).toMatchObject({ build: { number: 3 } })
    expect(server.paths().some((path) => path.endsWith('/events'))).toBe(false)
  })

  it('is Korean where that is asked for', async () => {
    const { stderr } = await rig.naru(['deploy', '--app', 'shop', '--lang', 'ko', '--detach'], {
      environment: server.environment,
    })
    expect(stderr).toContain('work: 파일 1개, ')
  })

  it('is the same archive for the same files', async () => {
    await detached()
    const first = sent()[0]?.body
    writeFileSync(join(rig.work, 'index.html'), readFileSync(join(rig.work, 'index.html')))
    await detached()
    expect(sent()[1]?.body).toEqual(first)
  })
})
