import { execFileSync } from 'node:child_process'
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { dependenciesIn } from '../../src/build/dependencies.ts'
import { accounts } from './bench.ts'

/** As `cp -p` and the like do: the file says the time at which it was written before. */
async function writtenInSecret(path: string): Promise<void> {
  const { atime, mtime } = await stat(path)
  await writeFile(path, 'y')
  await utimes(path, atime, mtime)
}

describe.each(accounts())(
  'what an install made is kept and put into other slugs, %s',
  (_title, runAs) => {
    let folder: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'naru-kept-'))
      execFileSync('chmod', ['0711', folder])
    })
    afterEach(() => {
      execFileSync('sh', ['-c', 'chmod -R u+rwX "$0" && rm -rf "$0"', folder])
    })
    const slugOf = (letter: string) => join(folder, 'slugs', `sha256-${letter.repeat(64)}`)
    const write = async (path: string, text: string) => {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
    }
    const cached = {
      key: 'k',
      keeps: ['.venv', 'apps/web/node_modules'],
      moved: ['.venv/bin', '.venv/pyvenv.cfg', '.venv/not-there'],
    }

    async function installed(letter: string): Promise<string> {
      const slug = slugOf(letter)
      await write(join(slug, '.venv/bin/app'), `#!${slug}/.venv/bin/python\nprint(1)\n`)
      await write(join(slug, '.venv/pyvenv.cfg'), `command = python -m venv ${slug}/.venv\n`)
      await write(join(slug, '.venv/lib/package.py'), `# ${slug}\n`)
      await symlink(join(slug, '.venv/bin/app'), join(slug, '.venv/bin/link'))
      await write(join(slug, 'apps/web/node_modules/x.js'), 'x')
      execFileSync('chmod', ['755', join(slug, '.venv/bin/app')])
      return slug
    }

    async function emptySlug(letter: string): Promise<string> {
      const slug = slugOf(letter)
      await mkdir(join(slug, 'apps/web'), { recursive: true })
      return slug
    }

    test.each([
      ['as names of the same files where no step follows', false],
      ['as copies where a step may write to them', true],
    ])('%s, with the paths of their new place', async (_how, changing) => {
      const dependencies = dependenciesIn(join(folder, 'dependencies'), runAs)
      const one = await installed('a')
      await dependencies.store(cached, one, changing)
      await dependencies.settle()
      const two = slugOf('b')
      await mkdir(join(two, 'apps/web'), { recursive: true })
      await write(join(two, '.venv/of-the-commit'), 'goes')
      expect(await dependencies.restore(cached, two, changing)).toBe(true)
      expect(await readFile(join(two, '.venv/bin/app'), 'utf8')).toBe(
        `#!${two}/.venv/bin/python\nprint(1)\n`,
      )
      expect((await stat(join(two, '.venv/bin/app'))).mode & 0o100).toBe(0o100)
      expect(await readlink(join(two, '.venv/bin/link'))).toBe(join(two, '.venv/bin/app'))
      expect(await readFile(join(two, '.venv/pyvenv.cfg'), 'utf8')).toContain(`${two}/.venv`)
      // Not among what is corrected, so left as it was.
      expect(await readFile(join(two, '.venv/lib/package.py'), 'utf8')).toBe(`# ${one}\n`)
      expect(await readFile(join(two, 'apps/web/node_modules/x.js'), 'utf8')).toBe('x')
      expect(await readdir(join(two, '.venv'))).not.toContain('of-the-commit')
      expect(await readFile(join(one, '.venv/bin/app'), 'utf8')).toContain(one)
      const inode = async (slug: string) => (await stat(join(slug, '.venv/lib/package.py'))).ino
      expect((await inode(one)) === (await inode(two))).toBe(!changing)
      const third = slugOf('c')
      await mkdir(join(third, 'apps/web'), { recursive: true })
      await dependencies.restore(cached, third, changing)
      expect(await readFile(join(third, '.venv/bin/app'), 'utf8')).toContain(third)
    })

    test.each([
      ['written to', (path: string) => writeFile(path, 'changed')],
      ['written to in secret', writtenInSecret],
      ['given other rights', (path: string) => chmod(path, 0o777)],
    ])('but not what a step has %s: then a copy is kept the next time', async (_how, touch) => {
      const dependencies = dependenciesIn(join(folder, 'dependencies'), runAs)
      const one = await installed('a')
      await dependencies.store(cached, one, true)
      await touch(join(one, 'apps/web/node_modules/x.js'))
      await dependencies.settle()
      const two = await installed('b')
      expect(await dependencies.restore(cached, two, true)).toBe(false)
      await dependencies.store(cached, two, true)
      await touch(join(two, 'apps/web/node_modules/x.js'))
      await dependencies.settle()
      const third = await emptySlug('c')
      expect(await dependencies.restore(cached, third, true)).toBe(true)
      const kept = join(third, 'apps/web/node_modules/x.js')
      expect([await readFile(kept, 'utf8'), (await stat(kept)).mode & 0o002]).toEqual(['x', 0])
    })

    test('whatever steps add, replace and remove, which is none of it', async () => {
      const dependencies = dependenciesIn(join(folder, 'dependencies'), runAs)
      const one = await installed('a')
      const modules = join(one, 'apps/web/node_modules')
      await writeFile(join(modules, '.package-lock.json'), 'all')
      await writeFile(join(modules, 'replaced.js'), 'old')
      await dependencies.store(cached, one, true)
      await rm(join(modules, 'x.js'))
      await writeFile(join(modules, 'added.js'), 'new')
      await writeFile(join(modules, 'beside'), 'new')
      await rename(join(modules, 'beside'), join(modules, 'replaced.js'))
      await writeFile(join(modules, '.package-lock.json'), 'fewer')
      await dependencies.settle()
      const two = await emptySlug('b')
      expect(await dependencies.restore(cached, two, true)).toBe(true)
      const found = join(two, 'apps/web/node_modules')
      const names = ['.package-lock.json', 'replaced.js', 'x.js']
      expect((await readdir(found)).sort()).toEqual(names)
      expect(await Promise.all(names.map((name) => readFile(join(found, name), 'utf8')))).toEqual([
        'all',
        'old',
        'x',
      ])
      expect(await readFile(join(modules, 'replaced.js'), 'utf8')).toBe('new')
    })

    test('once, also where two builds have installed it at the same time', async () => {
      const [first, second] = [0, 1].map(() => dependenciesIn(join(folder, 'dependencies'), runAs))
      await first?.store(cached, await installed('a'), true)
      await second?.store(cached, await installed('b'), true)
      await second?.settle()
      await first?.settle()
      expect(await readdir(join(folder, 'dependencies'))).toEqual(['k'])
      expect(await first?.restore(cached, await emptySlug('c'), true)).toBe(true)
    })

    test('but not where a link of the commit leads out of the slug', async () => {
      const dependencies = dependenciesIn(join(folder, 'dependencies'), runAs)
      await dependencies.store(cached, await installed('a'), true)
      await dependencies.settle()
      const outside = join(folder, 'outside')
      await mkdir(outside)
      const two = slugOf('b')
      await mkdir(two)
      await symlink(outside, join(two, 'apps'))
      expect(await dependencies.restore(cached, two, true)).toBe(false)
      expect(await readdir(outside)).toEqual([])
      expect((await lstat(join(two, 'apps'))).isSymbolicLink()).toBe(true)
    })

    test('and nothing is kept of an install that made nothing', async () => {
      const dependencies = dependenciesIn(join(folder, 'dependencies'), runAs)
      const slug = slugOf('a')
      await mkdir(slug, { recursive: true })
      await dependencies.store(cached, slug, false)
      expect(await dependencies.restore(cached, slug, false)).toBe(false)
    })
  },
)
