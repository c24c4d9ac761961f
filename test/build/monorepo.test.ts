import { execFileSync } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { programPath } from '../../src/engine/process/environment.ts'
import { defaultBuild } from '../../src/model/spec.ts'
import { accounts, type Bench, makeBench, readIn, removeStaticServer, start } from './bench.ts'

afterAll(removeStaticServer)

const inFolder = (folder: string) => ({ build: { ...defaultBuild, folder } })

describe.each(accounts())('a folder of a monorepo, %s', (_title, runAs) => {
  let bench: Bench
  beforeEach(async () => {
    bench = await makeBench(null, runAs)
  })
  afterEach(() => bench.remove())

  test('becomes the root of its slug', async () => {
    await bench.write('apps/web/package.json', '{ "main": "server.js" }')
    await bench.write('apps/web/server.js', 'console.log("web")')
    await bench.write('apps/web/lib/a.js', '')
    await bench.write('apps/api/server.js', 'console.log("api")')
    const { artifact } = await bench.build({ spec: inFolder('apps/web') })
    expect((await readdir(artifact.folder)).sort()).toEqual(['lib', 'package.json', 'server.js'])
    expect(artifact).toMatchObject({ workingFolder: '.', services: { web: ['node', 'server.js'] } })
  })

  test('makes an artifact of its own', async () => {
    for (const name of ['a', 'b']) await bench.write(`${name}/index.html`, 'same')
    const [one, two] = [
      await bench.build({ spec: inFolder('a') }),
      await bench.build({ spec: inFolder('b') }),
    ]
    expect(one.artifact.digest).not.toBe(two.artifact.digest)
  })

  test('that is not there is refused, with the folders that are', async () => {
    await bench.write('apps/web/index.html', '')
    await bench.write('README.md', '')
    await expect(bench.build({ spec: inFolder('apps/wbe') })).rejects.toMatchObject({
      code: 'build.no-folder',
      facts: { folder: 'apps/wbe', folders: ['apps/'] },
    })
  })

  test('with an odd name is unpacked all the same', async () => {
    const folder = '-x --to-command=true/한글 *'
    await bench.write(`${folder}/index.html`, 'page')
    const { artifact } = await bench.build({ spec: inFolder(folder) })
    expect(await readIn(artifact.folder, 'index.html')).toBe('page')
  })

  test('of a workspace is installed from the root, built and started in place', async () => {
    await bench.write(
      'package.json',
      JSON.stringify({ private: true, workspaces: ['apps/*', 'packages/*'] }),
    )
    await bench.write(
      'packages/shared/package.json',
      JSON.stringify({ name: 'shared', version: '1.0.0', bin: { greet: 'greet.js' } }),
    )
    await bench.write('packages/shared/index.js', 'module.exports = "shared"')
    await bench.write('packages/shared/greet.js', '#!/usr/bin/env node\nconsole.log("greeting")')
    await bench.write(
      'apps/web/package.json',
      JSON.stringify({
        name: 'web',
        version: '1.0.0',
        scripts: {
          build: 'node build.js && greet > greeting.txt',
          start: 'greet && node server.js',
        },
        dependencies: { shared: '1.0.0', 'is-number': '7.0.0' },
      }),
    )
    await bench.write(
      'apps/web/build.js',
      'require("fs").writeFileSync("built.txt", require("shared"))',
    )
    await bench.write(
      'apps/web/server.js',
      'console.log(require("shared") + require("is-number")(1))',
    )
    execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], {
      cwd: bench.source,
      stdio: 'ignore',
    })
    await writeFile(join(bench.source, '.gitignore'), 'node_modules\n')
    const { artifact } = await bench.build({ spec: inFolder('apps/web') })
    expect(await bench.log()).toContain(
      '- dependencies are installed anew in each build: packages/shared/ of the workspace has programs of its own',
    )
    expect(await bench.log()).toContain(
      '- the whole commit is kept, since package-lock.json in the root folder is that of a workspace',
    )
    expect(artifact.workingFolder).toBe('apps/web')
    expect(await readIn(artifact.folder, 'apps/web/built.txt')).toBe('shared')
    const folder = join(artifact.folder, 'apps/web')
    const web = artifact.services['web']
    const app = await start(folder, ['/bin/sh', '-c', String(web)], runAs, {
      PATH: programPath(folder),
    })
    await app.ended
    expect(app.output()).toBe('greeting\nsharedtrue\n')
  })

  test('of a workspace is installed once for a lockfile, each package with what is its own', async () => {
    const manifest = (name: string, dependencies: object, more: object = {}) =>
      JSON.stringify({ name, version: '1.0.0', dependencies, ...more })
    await bench.write(
      'package.json',
      JSON.stringify({ private: true, workspaces: ['apps/*', 'packages/*'] }),
    )
    await bench.write('packages/shared/package.json', manifest('shared', { 'is-number': '6.0.0' }))
    await bench.write(
      'packages/shared/index.js',
      'module.exports = require("is-number/package.json").version',
    )
    const scripts = { build: 'node build.js', start: 'node server.js' }
    await bench.write(
      'apps/web/package.json',
      manifest('web', { shared: '1.0.0', 'is-number': '7.0.0' }, { scripts }),
    )
    await bench.write(
      'apps/web/build.js',
      'require("fs").writeFileSync("built.txt", [require("shared"), require("is-number/package.json").version].join())',
    )
    await bench.write('apps/web/server.js', '1')
    execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], {
      cwd: bench.source,
      stdio: 'ignore',
    })
    const fromCache = async () =>
      (await bench.log()).some((line) => line.startsWith('install  from cache'))
    for (const [text, cached] of [
      ['1', false],
      ['2', true],
      ['3', true],
    ] as const) {
      await bench.write('apps/web/server.js', text)
      const { artifact } = await bench.build({ spec: inFolder('apps/web') })
      expect(await fromCache()).toBe(cached)
      expect(await readIn(artifact.folder, 'apps/web/built.txt')).toBe('6.0.0,7.0.0')
    }
    // Another version of a package of its own is another workspace.
    await bench.write('packages/shared/package.json', manifest('shared', { 'is-number': '7.0.0' }))
    execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], {
      cwd: bench.source,
      stdio: 'ignore',
    })
    const { artifact } = await bench.build({ spec: inFolder('apps/web') })
    expect(await fromCache()).toBe(false)
    expect(await readIn(artifact.folder, 'apps/web/built.txt')).toBe('7.0.0,7.0.0')
  })
})
