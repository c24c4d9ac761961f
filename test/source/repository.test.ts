import { execFile } from 'node:child_process'
import { mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { repositories } from '../../src/source/repository.ts'
import { type Person, type Rig, startPerson, startRig } from './rig.ts'

const run = promisify(execFile)
const unknown = '1'.repeat(40)
let rig: Rig
let ana: Person
let app: string
let count = 0

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
beforeEach(async () => {
  app = `shop-${++count}`
  await rig.repositories.ensure(app)
  ana = await startPerson(rig, app)
})

async function push(message: string, files: Record<string, string | Buffer> = {}): Promise<string> {
  const commit = await ana.commit(message, files)
  const { code, err } = await ana.git('push', '--force', 'naru', 'main')
  if (code !== 0) throw new Error(err)
  return commit
}

describe('the repository of an app', () => {
  it('is made once, for Naru alone, and repaired where something is missing', async () => {
    const path = await rig.repositories.find(app)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    const commit = await push('first', { a: '1' })
    for (const lost of ['hooks', 'info', 'config', 'HEAD'])
      await rm(join(path, lost), { recursive: true })
    await rig.repositories.ensure(app)
    expect((await rig.repositories.commitInfo(app, commit)).title).toBe('first')
    await push('second', { a: '2' })
  })

  it('is not there before it was made, and refuses every push without its hook', async () => {
    await expect(rig.repositories.find('nothing')).rejects.toMatchObject({ code: 'app.unknown' })
    const path = await rig.repositories.find(app)
    await rm(join(path, 'hooks/proc-receive'))
    await expect(rig.repositories.find(app)).rejects.toMatchObject({ code: 'app.unknown' })
    const direct = await ana.git('push', path, 'HEAD:main')
    expect(direct.code).not.toBe(0)
  })

  it('is removed with all that was pushed, and can be made again', async () => {
    const commit = await push('first', { a: '1' })
    await rig.repositories.remove(app)
    await rig.repositories.remove(app)
    expect(await readdir(join(rig.folder, 'data/git'))).not.toContain(expect.stringContaining(app))
    await rig.repositories.ensure(app)
    await expect(rig.repositories.commitInfo(app, commit)).rejects.toMatchObject({
      code: 'commit.unknown',
    })
  })

  it.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    '-a',
    '/etc',
    'a\0b',
    'a\nb',
    'A',
    'a.git',
    '%2e%2e',
    '$(id)',
  ])('is never looked for under the name %j', async (name) => {
    const folder = join(rig.folder, 'untouched')
    const store = repositories({ folder })
    const calls = [
      () => store.ensure(name),
      () => store.remove(name),
      () => store.find(name),
      () => store.readFile(name, unknown, 'a'),
      () => store.moveRef(name, 'main', unknown),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'name.invalid' })
    await expect(stat(folder)).rejects.toThrow('ENOENT')
  })
})

describe('a commit', () => {
  it('has a title without control characters, and a tree', async () => {
    const commit = await push('add \u001b[31mred\u0007\ttabs 한글\n\nthe body', { a: '1' })
    const tree = (await ana.git('rev-parse', `${commit}^{tree}`)).out.trim()
    expect(await rig.repositories.commitInfo(app, commit)).toEqual({
      commit,
      tree,
      title: 'add [31mred tabs 한글',
    })
  })

  it('is only known by the full id of a commit that was pushed', async () => {
    const commit = await push('first', { a: '1' })
    const tree = (await ana.git('rev-parse', 'HEAD^{tree}')).out.trim()
    const bad = [
      'main',
      'HEAD',
      commit.slice(0, 12),
      commit.toUpperCase(),
      `${commit}^`,
      `${commit}\n`,
      '--all',
      '',
    ]
    for (const text of [...bad, unknown, '0'.repeat(40), '1'.repeat(64), tree]) {
      const asked = [
        () => rig.repositories.commitInfo(app, text),
        () => rig.repositories.readFile(app, text, 'a'),
        () => rig.repositories.listFiles(app, text),
        () => rig.repositories.archive(app, text),
        () => rig.repositories.hasSubmodules(app, text),
        () => rig.repositories.moveRef(app, 'main', text),
        () => rig.repositories.keep(app, text),
      ]
      for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: 'commit.unknown' })
    }
  })

  it('gives its files by name, through links that stay inside it', async () => {
    await symlink('real/naru.yaml', join(ana.folder, 'naru.yaml'))
    await symlink('/etc/passwd', join(ana.folder, 'outside'))
    await symlink('../../../../etc/passwd', join(ana.folder, 'above'))
    const commit = await push('first', {
      'real/naru.yaml': 'app: 가게\n',
      empty: '',
      'a b\t"c"': 'odd',
    })
    const read = (path: string) => rig.repositories.readFile(app, commit, path)
    expect(await read('naru.yaml')).toBe('app: 가게\n')
    expect(await read('empty')).toBe('')
    expect(await read('a b\t"c"')).toBe('odd')
    for (const path of [
      'nothing',
      'real',
      'outside',
      'above',
      '../x',
      'real/naru.yaml/x',
      '',
      '/etc/passwd',
      '.',
      './real/naru.yaml',
      'empty\n',
    ]) {
      expect(await read(path)).toBeUndefined()
    }
  })

  it('lists its root folder, whatever the names', async () => {
    await symlink('x', join(ana.folder, 'link'))
    const names = ['-rf', 'a\nb', 'a\tb', 'with "quotes"', '한글', ' ']
    const commit = await push(
      'first',
      Object.fromEntries([...names, 'folder/file'].map((name) => [name, 'x'])),
    )
    const files = await rig.repositories.listFiles(app, commit)
    expect(new Set(files)).toEqual(
      new Set([
        ...names.map((name) => ({ name, kind: 'file' })),
        { name: 'folder', kind: 'folder' },
        { name: 'link', kind: 'link' },
      ]),
    )
  })

  it('says whether it has submodules', async () => {
    const plain = await push('plain', { a: '1' })
    await ana.git('update-index', '--add', '--cacheinfo', `160000,${unknown},deep/down/theme`)
    await ana.git(
      '-c',
      'user.name=A',
      '-c',
      'user.email=a@b',
      'commit',
      '-m',
      'a link that names no place',
    )
    const orphan = (await ana.git('rev-parse', 'HEAD')).out.trim()
    await writeFile(
      join(ana.folder, '.gitmodules'),
      '[submodule "t"]\n\tpath = deep/down/theme\n\turl = https://x.test/t\n',
    )
    await ana.git('add', '.gitmodules')
    await ana.git('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-m', 'submodule')
    const full = (await ana.git('rev-parse', 'HEAD')).out.trim()
    await ana.git('push', 'naru', 'main')
    expect(await rig.repositories.hasSubmodules(app, plain)).toBe(false)
    expect(await rig.repositories.hasSubmodules(app, orphan)).toBe(false)
    expect(await rig.repositories.hasSubmodules(app, full)).toBe(true)
  })

  it('becomes a tar of all its files, those too that .gitattributes leaves out of archives', async () => {
    const commit = await push('first', {
      '.gitattributes': '/test export-ignore\nversion export-subst\n',
      'test/a.test.js': 'x',
      version: '$Format:%H$',
      '-rf': 'dash',
      '한 글': 'x',
    })
    const tar = await buffer(await rig.repositories.archive(app, commit))
    const out = join(rig.folder, `out-${app}`)
    await mkdir(out)
    const file = join(rig.folder, `${app}.tar`)
    await writeFile(file, tar)
    await run('tar', ['-xf', file, '-C', out])
    expect((await readdir(out)).sort()).toEqual([
      '-rf',
      '.gitattributes',
      'test',
      'version',
      '한 글',
    ])
    expect(await readdir(join(out, 'test'))).toEqual(['a.test.js'])
    const { stdout } = await run('cat', [join(out, 'version')])
    expect(stdout).toBe('$Format:%H$')
  })

  it('has no tar that ends as if it were whole when git fails in the middle', async () => {
    const commit = await push('first', { a: '1', b: '2' })
    const path = await rig.repositories.find(app)
    const blob = (await ana.git('rev-parse', `${commit}:b`)).out.trim()
    await rm(join(path, 'objects', blob.slice(0, 2), blob.slice(2)))
    await expect(rig.repositories.archive(app, commit).then(buffer)).rejects.toMatchObject({
      code: 'git.failed',
      facts: { command: 'git archive' },
    })
  })
})

describe('a branch', () => {
  it('goes where it is told, again and again, back too', async () => {
    const first = await push('first', { a: '1' })
    const second = await push('second', { a: '2' })
    for (const commit of [first, second, second, first]) {
      await rig.repositories.moveRef(app, 'main', commit)
      expect(await rig.repositories.branchHead(app, 'main')).toBe(commit)
    }
    await Promise.all([1, 2, 3].map(() => rig.repositories.moveRef(app, 'feature/x', second)))
    expect(await rig.repositories.branchHead(app, 'feature/x')).toBe(second)
    expect(await rig.repositories.branchHead(app, 'feature')).toBeUndefined()
  })

  it('moves after a crash that left its lock behind', async () => {
    const commit = await push('first', { a: '1' })
    const lock = join(await rig.repositories.find(app), 'refs/heads/main.lock')
    await writeFile(lock, '')
    await expect(rig.repositories.moveRef(app, 'main', commit)).rejects.toMatchObject({
      code: 'git.failed',
    })
    await utimes(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
    await rig.repositories.moveRef(app, 'main', commit)
    expect(await rig.repositories.branchHead(app, 'main')).toBe(commit)
  })

  it.each([
    '',
    '..',
    'a..b',
    '-a',
    '/a',
    'a/',
    'a//b',
    'a.lock',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a?',
    '@{u}',
    'a\0',
    '.a',
    'a/.b',
  ])('is never called %j', async (branch) => {
    await expect(rig.repositories.branchHead(app, branch)).rejects.toMatchObject({
      code: 'name.invalid',
    })
  })
})

describe('collecting', () => {
  it('spares the commits it is told to, and drops what nothing reaches and is old', async () => {
    const commits: string[] = []
    for (const name of ['dropped', 'kept', 'live']) {
      await ana.git('checkout', '--quiet', '--orphan', name)
      await ana.git('branch', '--quiet', '--force', 'main', 'HEAD')
      const commit = await ana.commit(name, { a: name })
      await ana.git('push', '--force', 'naru', `${commit}:refs/heads/main`)
      await rig.repositories.keep(app, commit)
      commits.push(commit)
    }
    const [dropped = '', kept = '', live = ''] = commits
    await rig.repositories.moveRef(app, 'main', live)
    const fresh = await ana.commit('fresh', { a: 'fresh' })
    await ana.git('checkout', '--quiet', '--detach')
    await age(join(await rig.repositories.find(app), 'objects'))
    await ana.git('push', 'naru', `${fresh}:refs/heads/main`)
    await rig.repositories.collect(app, new Set([kept]))
    const titles = [kept, live, fresh].map(
      async (commit) => (await rig.repositories.commitInfo(app, commit)).title,
    )
    expect(await Promise.all(titles)).toEqual(['kept', 'live', 'fresh'])
    await expect(rig.repositories.commitInfo(app, dropped)).rejects.toMatchObject({
      code: 'commit.unknown',
    })
    await rig.repositories.collect(app, new Set([kept]))
  })

  it('shows kept commits to pushers, who send nothing twice, and not to readers', async () => {
    const commit = await push('first', { a: '1' })
    await rig.repositories.keep(app, commit)
    expect((await ana.git('ls-remote', 'naru')).out).toBe('')
    const again = await ana.git('push', '--verbose', '--progress', 'naru', 'main')
    expect(again.err).toContain('Total 0 (delta 0)')
  })
})

/** Makes every file two days old. */
async function age(folder: string): Promise<void> {
  const then = new Date(Date.now() - 2 * 86_400_000)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), then, then)
  }
}
