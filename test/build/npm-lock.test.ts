import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { removeLeavings } from '../../src/build/leavings.ts'
import { developmentFolders } from '../../src/build/npm-lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naru-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('packages for development', () => {
  test('are those that the lockfile says, wherever they lie', () => {
    const packages = {
      '': { devDependencies: {} },
      'node_modules/a': {},
      'node_modules/dev': { dev: true },
      'node_modules/dev/node_modules/inner': { dev: true },
      'node_modules/@scope/dev': { dev: true, optional: true },
      'node_modules/a/node_modules/@scope/x.y': { dev: true },
      'node_modules/both': { devOptional: true },
      'packages/mine': { dev: true },
      'node_modules/../../etc': { dev: true },
      'node_modules/..': { dev: true },
      '/node_modules/x': { dev: true },
    }
    expect(developmentFolders(JSON.stringify({ lockfileVersion: 3, packages }))).toEqual([
      'node_modules/dev',
      'node_modules/@scope/dev',
      'node_modules/a/node_modules/@scope/x.y',
    ])
    for (const text of [
      '',
      '[]',
      '{}',
      '{"packages":3}',
      '{"lockfileVersion":1,"dependencies":{}}',
    ])
      expect(developmentFolders(text)).toBeNull()
  })

  test('are removed as npm itself would', async () => {
    const app = join(folder, 'app')
    await mkdir(app)
    await writeFile(
      join(app, 'package.json'),
      JSON.stringify({
        dependencies: { semver: '7.6.0' },
        devDependencies: { rimraf: '5.0.5', 'is-odd': '3.0.1' },
      }),
    )
    const npm = (where: string, ...args: string[]) =>
      execFileSync('npm', args, { cwd: where, stdio: 'ignore' })
    npm(app, 'install', '--no-audit', '--no-fund')
    const other = join(folder, 'other')
    await cp(app, other, { recursive: true, verbatimSymlinks: true })
    npm(app, 'prune', '--omit=dev', '--ignore-scripts')
    const folders =
      developmentFolders(await readFile(join(other, 'package-lock.json'), 'utf8')) ?? []
    expect(folders.length).toBeGreaterThan(20)
    expect(await removeLeavings(other, folders)).toBe(folders.length)
    const all = async (of: string) =>
      (await readdir(join(of, 'node_modules'), { recursive: true }))
        // npm leaves the empty folders of scopes.
        .filter((path) => path !== '.package-lock.json' && !/^@[^/]+$/.test(path))
        .sort()
    expect(await all(other)).toEqual(await all(app))
  }, 120_000)

  test('are not removed where a link leads out of the slug', async () => {
    const [slug, outside] = [join(folder, 'slug'), join(folder, 'outside')]
    await mkdir(join(outside, 'dev'), { recursive: true })
    await mkdir(slug)
    await symlink(outside, join(slug, 'node_modules'))
    expect(await removeLeavings(slug, ['node_modules/dev', 'target'])).toBe(0)
    expect(existsSync(join(outside, 'dev'))).toBe(true)
    await symlink(outside, join(slug, 'target'))
    expect(await removeLeavings(slug, ['target'])).toBe(1)
    expect(existsSync(join(outside, 'dev'))).toBe(true)
  })
})
