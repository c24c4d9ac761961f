import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { accounts, type Bench, makeBench, readIn, removeStaticServer, start } from './bench.ts'
import { lockfiles } from './lockfiles.ts'

afterAll(removeStaticServer)

const build =
  "require('fs').mkdirSync('dist', { recursive: true }); require('fs').writeFileSync('dist/odd.txt', String(require('is-odd')(3)))"

const packageJson = (more: object = {}) =>
  JSON.stringify({
    name: 'x',
    version: '1.0.0',
    scripts: { build: 'node build.js', start: 'node server.js' },
    dependencies: { 'is-number': '7.0.0' },
    devDependencies: { 'is-odd': '3.0.1' },
    ...more,
  })

const managers: [string, Record<string, string>, { says: string; keeps: boolean }][] = [
  [
    'pnpm, the version that packageManager says',
    {
      'package.json': packageJson({ packageManager: 'pnpm@9.15.9' }),
      'pnpm-lock.yaml': lockfiles.pnpm,
    },
    {
      says: 'pnpm install --frozen-lockfile --package-import-method=copy from pnpm-lock.yaml',
      keeps: true,
    },
  ],
  [
    'yarn 1, when nothing says a version',
    { 'package.json': packageJson(), 'yarn.lock': lockfiles.yarn },
    { says: 'yarn install --frozen-lockfile --non-interactive from yarn.lock', keeps: true },
  ],
  [
    'yarn 4',
    { 'package.json': packageJson({ packageManager: 'yarn@4.9.2' }), 'yarn.lock': lockfiles.berry },
    { says: 'yarn install --immutable from yarn.lock', keeps: true },
  ],
]

describe.each(accounts())('packages are installed %s', (_title, runAs) => {
  let bench: Bench
  afterEach(() => bench.remove())

  test.each(managers)(
    'by %s, exactly, and those for development are gone at the end',
    async (_name, files, { says, keeps }) => {
      bench = await makeBench(null, runAs)
      for (const [path, text] of Object.entries(files)) await bench.write(path, text)
      await bench.write('build.js', build)
      await bench.write('server.js', "console.log(require('is-number')('42'))")
      const spec = { pipeline: [{ name: 'test', command: 'node -e "require(\'is-odd\')"' }] }
      const { artifact } = await bench.build({ spec })
      const log = await bench.log()
      expect(log).toContain(`- ${says}`)
      const names = log
        .filter((line) => / {2}\d+(\.\d)? s$/.test(line))
        .map((line) => line.split('  ')[0])
      expect(names).toEqual(['files', 'install', 'test', 'build', 'prune', 'artifact'])
      expect(await readIn(artifact.folder, 'dist/odd.txt')).toBe('true')
      expect(await readdir(join(artifact.folder, 'node_modules'))).not.toContain('is-odd')

      await bench.write('server.js', "console.log(require('is-number')('42') && 'again')")
      const second = await bench.build({ spec })
      const again = (await bench.log()).find((line) => /^install .* \d+(\.\d)? s$/.test(line))
      expect(again?.startsWith('install  from cache')).toBe(keeps)
      const app = await start(second.artifact.folder, ['node', 'server.js'], runAs)
      expect(app.output()).toBe('again\n')
      expect(await app.ended).toBe(0)
    },
    120_000,
  )
})

describe('an install fails', () => {
  let bench: Bench
  afterEach(() => bench.remove())

  test("in npm's own words when the lockfile does not fit package.json", async () => {
    bench = await makeBench('node-packages', null)
    await bench.write(
      'package.json',
      JSON.stringify({
        scripts: { start: 'node server.js' },
        dependencies: { 'is-number': '6.0.0' },
      }),
    )
    await expect(bench.build()).rejects.toMatchObject({
      code: 'build.step-failed',
      facts: { step: 'install', exitCode: 1 },
    })
    expect((await bench.log()).join('\n')).toMatch(/npm error .*(in sync|does not satisfy)/)
  })
})
