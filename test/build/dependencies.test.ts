import { execFileSync } from 'node:child_process'
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Cached, type Dependencies, dependenciesIn } from '../../src/build/dependencies.ts'
import { accounts } from './bench.ts'

async function keep(dependencies: Dependencies, cached: Cached, slug: string, changing: boolean) {
  const taken = await dependencies.take(cached, slug, changing ? 'copy' : 'link')
  if (taken !== null) await dependencies.keep(taken)
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

    test.each([
      ['as names of the same files where no step follows', false],
      ['as copies where a step may write to them', true],
    ])('%s, with the paths of their new place', async (_how, changing) => {
      const dependencies = dependenciesIn(join(folder, 'dependencies'), runAs)
      const one = await installed('a')
      await keep(dependencies, cached, one, changing)
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

    test('but not where a link of the commit leads out of the slug', async () => {
      const dependencies = dependenciesIn(join(folder, 'dependencies'), runAs)
      await keep(dependencies, cached, await installed('a'), true)
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
      await keep(dependencies, cached, slug, false)
      expect(await dependencies.restore(cached, slug, false)).toBe(false)
    })
  },
)
