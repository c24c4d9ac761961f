import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultBuild } from '../../src/model/spec.ts'
import { accounts, type Bench, makeBench, readIn, removeStaticServer, start } from './bench.ts'

afterAll(removeStaticServer)

const writes = (folder: string, text = 'page') =>
  `mkdir -p ${folder} && echo ${text} > ${folder}/index.html && echo x > ${folder}/app.js`

describe.each(accounts())('a site that a build makes, %s', (_title, runAs) => {
  let bench: Bench
  beforeEach(async () => {
    bench = await makeBench(null, runAs)
  })
  afterEach(() => bench.remove())
  const app = (scripts: Record<string, string>, more: object = {}) =>
    bench.write('package.json', JSON.stringify({ scripts, ...more }))

  test('is all that is kept of its slug, and is served', async () => {
    await app({ build: writes('dist') })
    await bench.write('src/secret.js', 'source')
    const { artifact } = await bench.build()
    expect((await readdir(artifact.folder)).sort()).toEqual(['.naru', 'site'])
    expect((await readdir(join(artifact.folder, 'site'))).sort()).toEqual(['app.js', 'index.html'])
    expect(await bench.log()).toContain('site  dist/ is all that is kept')
    const server = await start(artifact.folder, [...(artifact.services['web'] ?? [])], runAs)
    try {
      expect(await (await fetch(server.url)).text()).toBe('page\n')
      expect((await fetch(`${server.url}/orders/7`)).status).toBe(404)
    } finally {
      server.child.kill('SIGTERM')
    }
    expect(await server.ended).toBe(0)
  })

  test('is found in the first usual folder that has an index.html', async () => {
    await app({ build: `mkdir dist && ${writes('out', 'from-out')} && ${writes('_site')}` })
    const { artifact } = await bench.build()
    expect(await readIn(artifact.folder, 'site/index.html')).toBe('from-out\n')
  })

  test('is the folder that build.output names, whatever there is to start', async () => {
    await app({ build: writes('web/made'), start: 'node server.js' })
    const build = { ...defaultBuild, output: 'web/made', fallback: true }
    const { artifact } = await bench.build({ spec: { build } })
    expect(await readIn(artifact.folder, 'site/index.html')).toBe('page\n')
    const server = await start(artifact.folder, [...(artifact.services['web'] ?? [])], runAs)
    try {
      expect(await (await fetch(`${server.url}/orders/7`)).text()).toBe('page\n')
      expect((await fetch(`${server.url}/orders/7.js`)).status).toBe(404)
      expect((await fetch(`${server.url}/.naru/x`)).status).toBe(404)
    } finally {
      server.child.kill('SIGTERM')
    }
    await server.ended
  })

  test('may be made by any command, without a language', async () => {
    await bench.write('make.sh', writes('public'))
    const build = { ...defaultBuild, command: 'sh make.sh', output: 'public' }
    const { artifact } = await bench.build({ spec: { build } })
    expect((await readdir(artifact.folder)).sort()).toEqual(['.naru', 'site'])
  })

  test('may be the whole of the files', async () => {
    await bench.write('index.html', 'root')
    const build = { ...defaultBuild, output: '.' }
    const { artifact } = await bench.build({ spec: { build } })
    expect(await readIn(artifact.folder, 'site/index.html')).toBe('root')
  })

  test('that is not there is looked for in words', async () => {
    await app({ build: 'mkdir dist && echo x > dist/app.js' })
    await expect(bench.build()).rejects.toMatchObject({
      code: 'build.no-output',
      facts: { build: 1, folders: ['dist', 'build', 'out', 'public', '_site'] },
    })
    expect(await readdir(bench.workshop.folders.slugs)).toEqual([])
  })

  test('is not taken from outside of the slug, where a link leads', async () => {
    const outside = join(bench.folder, 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'index.html'), 'not yours')
    await app({
      build: `ln -s ${outside} dist && mkdir -p build && ln -s ${outside}/index.html build/index.html`,
    })
    await expect(bench.build()).rejects.toMatchObject({ code: 'build.no-output' })
    await symlink('dist', join(bench.source, 'made'))
    await expect(
      bench.build({ spec: { build: { ...defaultBuild, output: 'made' } } }),
    ).rejects.toMatchObject({ code: 'build.no-output', facts: { folders: ['made'] } })
  })
})
