import { execFileSync, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { chmod, lstat, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { lastBuildLines } from '../../src/build/log.ts'
import { discardHalfBuilt } from '../../src/build/slug.ts'
import { type Command, defaultBuild, defaultService } from '../../src/model/spec.ts'
import { accounts, type Bench, makeBench, readIn, removeStaticServer, start } from './bench.ts'

afterAll(removeStaticServer)

/** Every process on this machine with these words in its command line. */
function running(words: string): number[] {
  return execFileSync('ps', ['-eo', 'pid=,stat=,args='])
    .toString()
    .split('\n')
    .filter((line) => line.includes(words) && !/^\s*\d+\s+Z/.test(line))
    .map((line) => Number.parseInt(line, 10))
}

async function problemOf(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    if (error instanceof NaruError) return error.problem
    throw error
  }
  throw new Error('it did not fail')
}

const list = (command: Command | undefined): readonly string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : (command ?? [])

describe.each(accounts())('a build %s', (_title, runAs) => {
  let bench: Bench
  const setUp = async (fixture: string | null) => {
    bench = await makeBench(fixture, runAs)
  }
  afterEach(() => bench.remove())

  /** A file's owner and mode, as `ls -l` shows the last. */
  const rights = async (path: string) => {
    const { uid, gid, mode } = await lstat(path)
    return { uid, gid, mode: (mode & 0o7777).toString(8) }
  }
  const unwritable = (mode: string): boolean => (Number.parseInt(mode, 8) & 0o222) === 0
  const slugs = () => readdir(bench.workshop.folders.slugs)

  test('makes a frozen slug at its final path, and says how in its log', async () => {
    await setUp('node-plain')
    const { artifact, reused, seconds } = await bench.build()
    expect(reused).toBe(false)
    expect(seconds).toBeLessThan(10)
    expect(artifact).toMatchObject({ app: 'app', services: { web: 'node server.js' }, jobs: {} })
    expect(artifact.folder).toBe(join(bench.workshop.folders.slugs, artifact.digest))
    expect(artifact.digest).toMatch(/^sha256-[0-9a-f]{64}$/)
    expect(await slugs()).toEqual([artifact.digest])
    expect(await readdir(bench.workshop.folders.temporary)).toEqual([])
    if (runAs === null) {
      expect(unwritable((await rights(artifact.folder)).mode)).toBe(true)
      expect(unwritable((await rights(join(artifact.folder, 'server.js'))).mode)).toBe(true)
    } else {
      expect(await rights(artifact.folder)).toEqual({ uid: 0, gid: runAs.gid, mode: '750' })
      expect(await rights(join(artifact.folder, 'server.js'))).toEqual({
        uid: 0,
        gid: runAs.gid,
        mode: '640',
      })
    }
    expect((await bench.log()).map((line) => line.replace(/\d+\.\d s$/, 'N s'))).toEqual([
      expect.stringMatching(/^build 1 of app, commit [0-9a-f]{10}$/),
      expect.stringMatching(/^- node \d+ \(this machine's /),
      '- no dependencies, nothing to install',
      '- start: node server.js (the start script of package.json, run without npm)',
      'files  of the commit  N s',
      'artifact  ready  N s',
    ])
  })

  test('can be started by the account it was made for', async () => {
    await setUp('node-plain')
    const { artifact } = await bench.build()
    const child = spawn('cat', ['server.js', 'package.json'], {
      cwd: artifact.folder,
      stdio: 'ignore',
      ...(runAs ?? {}),
    })
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
  })

  test('of the same files does nothing, under another commit too', async () => {
    await setUp('node-plain')
    const first = await bench.build()
    const made = (await stat(first.artifact.folder)).ctimeMs
    const second = await bench.build()
    expect(second).toMatchObject({ reused: true, artifact: first.artifact })
    expect((await stat(first.artifact.folder)).ctimeMs).toBe(made)
    expect((await bench.log()).at(-1)).toBe(
      'artifact  the same files were built before, nothing to do',
    )
    await bench.write('server.js', 'changed')
    expect((await bench.build()).artifact.digest).not.toBe(first.artifact.digest)
  })

  test('of the same commit twice at once is done once', async () => {
    await setUp('node-plain')
    bench.commit()
    const [one, two] = await Promise.all([bench.build(), bench.build()])
    expect([one?.reused, two?.reused].sort()).toEqual([false, true])
    expect(await slugs()).toEqual([one?.artifact.digest])
  })

  test('that was interrupted is done again from nothing, after what it left was ended', async () => {
    await setUp('node-plain')
    const { artifact } = await bench.build()
    // As a kill -9 in the middle leaves it: a marker, half a folder, a step that still runs.
    execFileSync('chmod', ['-R', 'u+w', artifact.folder])
    await writeFile(join(artifact.folder, 'half.txt'), 'half')
    await chmod(artifact.folder, 0o500)
    await writeFile(`${artifact.folder}.building`, 'abcdefgh')
    const left = spawn('setsid', ['sleep', '4711'], {
      env: { ...process.env, NARU_BUILD_MARK: 'abcdefgh' },
    })
    const ended = new Promise((resolve) => left.once('exit', (_code, signal) => resolve(signal)))
    const again = await bench.build()
    expect(again).toMatchObject({ reused: false, artifact })
    expect(await ended).toBe('SIGKILL')
    expect((await readdir(artifact.folder)).sort()).toEqual(['package.json', 'server.js'])
    expect(await slugs()).toEqual([artifact.digest])
  })

  test('whose record is gone is done again, since its slug may be half removed', async () => {
    await setUp('node-plain')
    const { artifact } = await bench.build()
    // As another Naru left it: a finished slug at this path that this process has not made itself.
    const folders = { ...bench.workshop.folders, slugs: join(bench.folder, 'elsewhere') }
    execFileSync('cp', ['-a', bench.workshop.folders.slugs, folders.slugs])
    execFileSync('chmod', ['-R', 'u+w', folders.slugs])
    await rm(join(folders.slugs, artifact.digest, 'server.js'))
    const again = await bench.build({ workshop: { folders, kept: async () => false } })
    expect(again.reused).toBe(false)
    expect((await readdir(again.artifact.folder)).sort()).toEqual(['package.json', 'server.js'])
    expect((await bench.build({ workshop: { folders, kept: async () => true } })).reused).toBe(true)
  })

  test('that was interrupted is cleared away at the next start of Naru', async () => {
    await setUp('node-plain')
    const kept = await bench.build()
    const half = join(bench.workshop.folders.slugs, 'sha256-half')
    await mkdir(half)
    await writeFile(`${half}.building`, 'x')
    await discardHalfBuilt(bench.workshop.folders.slugs)
    expect(await slugs()).toEqual([kept.artifact.digest])
    await discardHalfBuilt(join(bench.folder, 'never-made'))
  })

  test('installs packages once for a lockfile, however often the app changes', async () => {
    await setUp('node-packages')
    const first = await bench.build()
    const log = await bench.log()
    expect(log).toContain('install  npm ci …')
    expect(log.find((line) => line.startsWith('install  npm ci  '))).toMatch(/ \d+\.\d s$/)
    await bench.write('server.js', `${await readIn(bench.source, 'server.js')}\n// changed\n`)
    const second = await bench.build()
    expect(second.reused).toBe(false)
    expect((await bench.log()).find((line) => line.startsWith('install'))).toMatch(
      /^install {2}from cache {2}0\.\d s$/,
    )
    const file = 'node_modules/is-number/index.js'
    const [one, two] = await Promise.all(
      [first, second].map(({ artifact }) => stat(join(artifact.folder, file))),
    )
    expect(two?.ino).toBe(one?.ino)
    expect(two?.mode).toBe(one?.mode)

    const app = await start(
      second.artifact.folder,
      ['node', '-e', 'console.log(require("is-number")("42"))'],
      runAs,
    )
    expect(app.output()).toBe('true\n')
    await app.ended
  })

  test('that changes installed files in place changes no other build', async () => {
    await setUp('node-build')
    for (const text of ['one', 'two', 'three']) {
      await bench.write('text.txt', text)
      const { artifact } = await bench.build()
      expect(await readIn(artifact.folder, 'dist/seen.txt')).toBe('untouched')
      expect(await readIn(artifact.folder, 'dist/odd.txt')).toBe('true')
      expect(await readIn(artifact.folder, 'node_modules/is-number/index.js')).toMatch(
        /changed by a build/,
      )
      expect(await readdir(join(artifact.folder, 'node_modules'))).not.toContain('is-odd')
    }
    const log = await bench.log()
    expect(
      log
        .filter((line) => /^(install|build|prune) {2}/.test(line))
        .map((line) => line.replace(/\d+\.\d s/, 'N s')),
    ).toEqual([
      'install  from cache  N s',
      'build  npm run build …',
      'build  npm run build  N s',
      'prune  a folder that only the build needs  N s',
    ])
    expect(log).toContain('  built')
  })

  test('gives its steps what the machine needs and plain settings, and none of Naru', async () => {
    await setUp('node-build')
    const host = {
      PATH: `/somewhere/node_modules/.bin:${process.env.PATH}`,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      HTTPS_PROXY: process.env.HTTPS_PROXY,
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
      npm_config_fetch_retries: '3',
      npm_config_cache: '/root/.npm',
      npm_config_local_prefix: '/work',
      SOMETHING_PRIVATE: 'private',
    }
    const environment = { LOG_LEVEL: 'debug', NODE_ENV: 'production', HOME: '/elsewhere' }
    const { artifact } = await bench.build({ workshop: { host, environment } })
    const seen: Record<string, string> = JSON.parse(
      await readIn(artifact.folder, 'dist/environment.json'),
    )
    expect(seen).toMatchObject({
      CI: 'true',
      LOG_LEVEL: 'debug',
      NARU_APP: 'app',
      HOME: bench.workshop.folders.buildHome,
      npm_config_fetch_retries: '3',
    })
    expect(seen.NODE_ENV).toBeUndefined()
    expect(seen.SOMETHING_PRIVATE).toBeUndefined()
    expect(seen.npm_config_cache).not.toBe('/root/.npm')
    expect(seen.TMPDIR).toMatch(bench.workshop.folders.temporary)
    expect(seen.PATH).toContain(`${artifact.folder}/node_modules/.bin:`)
    expect(seen.PATH).not.toContain('/somewhere/')
    const other = await bench.build({ workshop: { host, environment: { LOG_LEVEL: 'info' } } })
    expect(other.artifact.digest).not.toBe(artifact.digest)
  })

  test("lends npm's settings of its host, and takes them back", async () => {
    await setUp(null)
    await bench.write(
      'package.json',
      JSON.stringify({ scripts: { build: 'node build.js', start: 'x' } }),
    )
    await bench.write(
      'build.js',
      'require("fs").writeFileSync("seen", require("fs").readFileSync(process.env.HOME + "/.npmrc"))',
    )
    const hostHome = join(bench.folder, 'host')
    await mkdir(hostHome)
    await writeFile(
      join(hostHome, '.npmrc'),
      'cache=/root/.npm\n//r.example/:_authToken=${TOKEN}\nx=${OTHER}\n',
      { mode: 0o600 },
    )
    // An earlier build may have laid a trap.
    const victim = join(bench.folder, 'victim')
    await writeFile(victim, 'mine')
    await mkdir(bench.workshop.folders.buildHome, { recursive: true })
    await symlink(victim, join(bench.workshop.folders.buildHome, '.npmrc'))
    const { artifact } = await bench.build({
      workshop: {
        host: { ...process.env, HOME: hostHome, npm_config_userconfig: undefined, TOKEN: 't0k3n' },
      },
    })
    expect(await readIn(artifact.folder, 'seen')).toBe(
      '//r.example/:_authToken=t0k3n\nx=${OTHER}\n',
    )
    expect(await readdir(bench.workshop.folders.buildHome)).not.toContain('.npmrc')
    expect(await readIn(bench.folder, 'victim')).toBe('mine')
    expect((await bench.log()).join('\n')).not.toContain('t0k3n')
  })

  test('whose step fails leaves no slug, and its log ends with what the step said', async () => {
    await setUp('failing-build')
    expect(await problemOf(bench.build())).toEqual({
      code: 'build.step-failed',
      facts: { build: 1, step: 'build', exitCode: 3, signal: null, seconds: expect.any(Number) },
    })
    expect((await bench.log()).slice(-3)).toEqual([
      expect.stringMatching(/^ {2}(compiling|server\.js)/),
      expect.stringMatching(/^ {2}(compiling|server\.js)/),
      expect.stringMatching(/^build {2}npm run build {2}failed with exit code 3 after \d+\.\d s$/),
    ])
    expect(await slugs()).toEqual([])
  })

  test('without a lockfile fails before it begins', async () => {
    await setUp('no-lockfile')
    expect(await problemOf(bench.build())).toEqual({
      code: 'build.no-lockfile',
      facts: { manager: 'npm', lockfile: 'package-lock.json' },
    })
  })

  test('of a repository that holds neither program nor page is refused', async () => {
    await setUp(null)
    await bench.write('src/main.rb', 'puts 1')
    await bench.write('Gemfile', '')
    expect(await problemOf(bench.build())).toEqual({
      code: 'build.unrecognised',
      facts: { files: ['Gemfile', 'src/'] },
    })
  })

  test('that is cancelled ends everything it started, what hides from SIGTERM too', async () => {
    await setUp(null)
    const script =
      'trap "" TERM; setsid sleep 4711 & sleep 4712 & echo ready; while :; do sleep 4713; done'
    await bench.write('package.json', JSON.stringify({ main: 'a.js', scripts: { build: script } }))
    await bench.write('a.js', '')
    const cancel = new AbortController()
    const log = join(bench.folder, 'builds/app/1.log')
    const built = problemOf(bench.build({ signal: cancel.signal }))
    while (!(await lastBuildLines(log, 1)).includes('  ready')) await new Promise(setImmediate)
    cancel.abort(new NaruError('build.superseded', { build: 1, by: 2 }))
    expect(await built).toEqual({ code: 'build.superseded', facts: { build: 1, by: 2 } })
    expect([...running('sleep 4711'), ...running('sleep 4712'), ...running('sleep 4713')]).toEqual(
      [],
    )
    expect(await slugs()).toEqual([])
    expect((await bench.log()).at(-1)).toMatch(/^build {2}npm run build {2}cancelled after/)
  })

  test('that takes too long is ended', async () => {
    await setUp(null)
    await bench.write(
      'package.json',
      JSON.stringify({ main: 'a.js', scripts: { build: 'sleep 4714' } }),
    )
    await bench.write('a.js', '')
    expect(
      await problemOf(bench.build({ spec: { build: { ...defaultBuild, timeoutSeconds: 1 } } })),
    ).toEqual({
      code: 'build.timed-out',
      facts: { build: 1, step: 'build', limitSeconds: 1 },
    })
    expect((await bench.log()).at(-1)).toMatch(
      /ended by the build's time limit of 1\.0 s \(build\.timeout in naru\.yaml\), after /,
    )
    expect(running('sleep 4714')).toEqual([])
  })

  test('ends what its steps leave in the background before the slug is frozen', async () => {
    await setUp(null)
    await bench.write(
      'package.json',
      JSON.stringify({
        main: 'a.js',
        scripts: { build: 'setsid sleep 4715 & sleep 4716 & echo done' },
      }),
    )
    await bench.write('a.js', '')
    await bench.build()
    expect([...running('sleep 4715'), ...running('sleep 4716')]).toEqual([])
  })

  test('says that the disk is full when that is why a step failed', async () => {
    await setUp(null)
    const script = 'echo "ENOSPC: no space left on device, write" >&2; exit 1'
    await bench.write('package.json', JSON.stringify({ main: 'a.js', scripts: { build: script } }))
    await bench.write('a.js', '')
    expect(await problemOf(bench.build())).toEqual({ code: 'build.disk-full', facts: { build: 1 } })
  })

  test('fails with what git said when the commit cannot be read to its end', async () => {
    await setUp('node-plain')
    const broken = async () =>
      Readable.from(
        (async function* () {
          yield Buffer.alloc(512)
          throw new NaruError('git.failed', { command: 'archive', reason: 'bad object' })
        })(),
      )
    expect(await problemOf(bench.build({ workshop: { archive: broken } }))).toMatchObject({
      code: 'git.failed',
    })
    expect(await slugs()).toEqual([])
  })

  test('keeps links as they are, and never follows one', async () => {
    await setUp('node-plain')
    const outside = join(bench.folder, 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'file'), 'mine', { mode: 0o604 })
    await symlink(outside, join(bench.source, 'folder-link'))
    await symlink(join(outside, 'file'), join(bench.source, 'file-link'))
    await symlink('/nowhere', join(bench.source, 'dangling'))
    const before = await Promise.all([rights(outside), rights(join(outside, 'file'))])
    const { artifact } = await bench.build()
    expect(await Promise.all([rights(outside), rights(join(outside, 'file'))])).toEqual(before)
    expect((await lstat(join(artifact.folder, 'dangling'))).isSymbolicLink()).toBe(true)
  })

  test('does not follow a node_modules or .naru of the commit out of its slug', async () => {
    await setUp('node-packages')
    const outside = join(bench.folder, 'outside')
    await mkdir(outside, { mode: 0o777 })
    await chmod(outside, 0o777)
    await bench.build()
    await symlink(outside, join(bench.source, 'node_modules'))
    const { artifact } = await bench.build()
    expect(await readdir(outside)).toEqual([])
    expect((await lstat(join(artifact.folder, 'node_modules'))).isDirectory()).toBe(true)
    for (const name of ['package.json', 'package-lock.json', 'server.js'])
      await rm(join(bench.source, name))
    await symlink(outside, join(bench.source, '.naru'))
    await bench.write('index.html', 'page')
    const site = await bench.build()
    expect(await readdir(outside)).toEqual([])
    expect(await readdir(join(site.artifact.folder, '.naru'))).toEqual(['static-server.cjs'])
  })

  test('of any command is the files as they are', async () => {
    await setUp('command')
    const { artifact } = await bench.build({
      spec: { services: { web: { ...defaultService, command: 'sh run.sh' } } },
    })
    expect(artifact.services).toEqual({})
    expect(readdirSync(artifact.folder).sort()).toEqual(['naru.yaml', 'run.sh'])
  })

  test('of static files can be started and serves them', async () => {
    await setUp('static-public')
    const { artifact } = await bench.build()
    const server = await start(artifact.folder, list(artifact.services['web']), runAs)
    try {
      expect(await (await fetch(server.url)).text()).toContain('In public')
      expect((await fetch(`${server.url}/notes.txt`)).status).toBe(404)
      expect((await fetch(`${server.url}/.naru/static-server.cjs`)).status).toBe(404)
    } finally {
      server.child.kill('SIGTERM')
    }
    expect(await server.ended).toBe(0)
  })

  test('keeps the packages of the five lockfiles used last', async () => {
    await setUp('node-packages')
    await bench.build()
    const [key = ''] = await readdir(bench.workshop.folders.dependencies)
    for (let n = 0; n < 6; n += 1) {
      await bench.write('.npmrc', `; ${n}\n`)
      await bench.build()
    }
    const keys = await readdir(bench.workshop.folders.dependencies)
    expect(keys).toHaveLength(5)
    expect(keys).not.toContain(key)
  })
})

describe.runIf(process.getuid?.() === 0)('a build by root', () => {
  let bench: Bench
  const runAs = accounts()[1]?.[1] ?? null
  beforeEach(async () => {
    bench = await makeBench('node-packages', runAs)
  })
  afterEach(() => bench.remove())

  test('keeps installed packages where no account but root can change them', async () => {
    const { artifact } = await bench.build()
    const file = join(artifact.folder, 'node_modules/is-number/index.js')
    expect(await stat(file)).toMatchObject({ uid: 0, gid: runAs?.gid })
    const write = spawn('/bin/sh', ['-c', `echo x >> ${file}`], { ...runAs, stdio: 'ignore' })
    expect(await new Promise((resolve) => write.once('exit', resolve))).not.toBe(0)
  })

  test('lets another app read nothing of a slug', async () => {
    const { artifact } = await bench.build()
    const other = { uid: runAs?.uid ?? 0, gid: 64_124 }
    const read = spawn('cat', [join(artifact.folder, 'server.js')], { ...other, stdio: 'ignore' })
    expect(await new Promise((resolve) => read.once('exit', resolve))).not.toBe(0)
  })
})
