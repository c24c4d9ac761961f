import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { lstat, mkdir, readdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accounts, type Bench, makeBench, readIn, removeStaticServer } from './bench.ts'

afterAll(removeStaticServer)

const running = (words: string): number =>
  execFileSync('ps', ['-eo', 'stat=,args='])
    .toString()
    .split('\n')
    .filter((line) => line.includes(words) && !line.startsWith('Z')).length

describe.each(accounts())('a build of an app that behaves badly, %s', (_title, runAs) => {
  let bench: Bench
  beforeEach(async () => {
    bench = await makeBench(null, runAs)
    await bench.write('a.js', '')
  })
  afterEach(() => bench.remove())
  const builds = (script: string) =>
    bench.write('package.json', JSON.stringify({ main: 'a.js', scripts: { build: script } }))

  test('and prints 100 MB keeps a log of at most 2 MiB, with its end', async () => {
    await builds('yes "a line of no interest at all" | head -c 100000000; echo; echo the last line')
    await bench.build()
    const lines = await bench.log()
    expect(lines.filter((line) => line === '  the last line')).toHaveLength(1)
    const bytes = Number(
      execFileSync('du', ['-sb', join(bench.folder, 'builds')])
        .toString()
        .split('\t')[0],
    )
    expect(bytes).toBeLessThan(2.2 * 1024 * 1024)
  }, 120_000)

  test('and leaves a crowd in the background is alone again at the end', async () => {
    await builds(
      'for n in 1 2 3 4 5 6 7 8; do (setsid nohup sh -c "sleep 4720" >/dev/null 2>&1 &) ; done; echo done',
    )
    await bench.build()
    expect(running('sleep 4720')).toBe(0)
  })

  test('and writes outside of its folder changes nothing of Naru', async () => {
    const victim = join(bench.folder, 'victim')
    await mkdir(victim, { mode: 0o700 })
    await writeFile(join(victim, 'file'), 'mine', { mode: 0o600 })
    await builds(`echo x > ${victim}/file; echo x > ../other; echo x > "$TMPDIR/t"; true`)
    const { artifact } = await bench.build()
    if (runAs !== null) {
      expect(await readIn(victim, 'file')).toBe('mine')
      expect(await readdir(bench.workshop.folders.slugs)).toEqual([artifact.digest])
    }
    expect(await readdir(bench.workshop.folders.temporary)).toEqual([])
  })

  test('and has names that are long and of every script builds them as they are', async () => {
    const names = ['한글 파일.txt', 'a\nb', '--help', ' ', `${'가'.repeat(85)}`, '😀.txt']
    for (const name of names) await writeFile(join(bench.source, name), name)
    const deep = Array.from({ length: 18 }, (_, n) => `${n}`.padEnd(220, 'x')).join('/')
    await bench.write('package.json', JSON.stringify({ main: 'a.js' }))
    execFileSync(
      'sh',
      [
        '-c',
        'IFS=/; for part in $0; do mkdir -p "$part" && cd "$part" || exit 1; done; echo deep > file.txt',
        deep,
      ],
      { cwd: bench.source },
    )
    const { artifact } = await bench.build()
    const found = await readdir(artifact.folder)
    for (const name of names) expect(found).toContain(name)
    // Deeper than any path may be long: reached a step at a time.
    expect(
      execFileSync(
        'sh',
        ['-c', 'IFS=/; for part in $0; do cd "$part" || exit 1; done; cat file.txt', deep],
        { cwd: artifact.folder },
      ).toString(),
    ).toBe('deep\n')
  })

  test('and leads out of its slug by links leaves them links, with what they lead to untouched', async () => {
    const outside = join(bench.folder, 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'file'), 'mine', { mode: 0o600 })
    await symlink(outside, join(bench.source, 'node_modules'))
    await symlink('../../outside/file', join(bench.source, 'up'))
    await builds(`ln -s ${outside} made; ln -s / root`)
    const { artifact } = await bench.build()
    expect(await readlink(join(artifact.folder, 'up'))).toBe('../../outside/file')
    expect(await readlink(join(artifact.folder, 'made'))).toBe(outside)
    const { uid, mode } = await lstat(join(outside, 'file'))
    expect({ uid, mode: mode & 0o777 }).toEqual({ uid: process.getuid?.() ?? 0, mode: 0o600 })
  })

  test('and changes the rights of all that it has is frozen and can be removed', async () => {
    await builds(
      'mkdir -p locked/in && echo x > locked/in/file && chmod 000 locked/in/file locked/in && chmod 555 .',
    )
    const { artifact } = await bench.build()
    expect(existsSync(join(artifact.folder, 'locked'))).toBe(true)
  })
})

describe('a repository with next to nothing', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await makeBench(null, null)
  })
  afterEach(() => bench.remove())

  test('is refused when it is empty', async () => {
    await expect(bench.build()).rejects.toMatchObject({
      code: 'build.unrecognised',
      facts: { files: [] },
    })
  })

  test('is refused when it holds only a .gitignore, which is named', async () => {
    await bench.write('.gitignore', 'node_modules\n')
    await expect(bench.build()).rejects.toMatchObject({
      code: 'build.unrecognised',
      facts: { files: ['.gitignore'] },
    })
  })

  test('is built when its package.json begins with a byte order mark', async () => {
    await bench.write('package.json', '\uFEFF{ "main": "a.js" }')
    await bench.write('a.js', '')
    expect((await bench.build()).artifact.services).toEqual({ web: ['node', 'a.js'] })
  })
})
