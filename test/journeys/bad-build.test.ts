import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository } from '../support/naru.ts'
import { stackFrame } from '../support/refusal.ts'

let naru: Naru
let shop: Repository
beforeAll(async () => {
  naru = await Naru.started()
  shop = await naru.repository('shop', webApp({ says: 'one' }))
  expect((await shop.push()).code).toBe(0)
})
afterAll(() => naru.close())

/** Pushes what cannot be built over what serves: it is refused in three lines, and what serves goes on. */
async function refused(
  code: string,
  files: Record<string, string>,
  before: () => Promise<void> = async () => {},
): Promise<string> {
  await before()
  const { code: exit, output } = await shop.deploy(files)
  expect(exit).toBe(1)
  expect(output).toContain(`(${code})`)
  expect(output).toMatch(/remote: {3}→ \S/)
  expect(output).not.toMatch(stackFrame)
  expect((await naru.visit('shop')).body).toBe('one')
  await naru.git(['reset', '-q', '--hard', 'naru/main'], shop.folder)
  return output
}

/** What `webApp` is, with more in its naru.yaml. */
const yaml = (more: string) => ({
  'naru.yaml': `${webApp({ says: 'two' })['naru.yaml']}${more}`,
})
const json = (more: object) => ({ 'package.json': JSON.stringify({ name: 'app', ...more }) })

describe('a push is refused, with what to type next,', () => {
  it('since a line of its Procfile is none', async () => {
    const output = await refused('build.procfile', { Procfile: '# ours\nweb node server.js\n' })
    expect(output).toContain('line 2 of Procfile cannot be understood: found "web node server.js"')
  })

  it('since it is strict about another Node.js', async () => {
    const output = await refused('build.engine', {
      ...json({ engines: { node: '>=99' } }),
      '.npmrc': 'engine-strict=true\n',
    })
    expect(output).toContain('asks for Node.js >=99')
  })

  it('since its folder is not there', async () => {
    const output = await refused('build.no-folder', {
      ...yaml('build: { folder: apps/wbe }\n'),
      'apps/web/index.html': 'page',
    })
    expect(output).toContain('build.folder in naru.yaml is "apps/wbe"')
    expect(output).toContain('apps/')
  })

  it('since its build makes no page', async () => {
    const output = await refused('build.no-output', {
      ...json({ scripts: { build: 'mkdir dist && echo built' } }),
      'naru.yaml': 'build: { output: dist }\n',
    })
    expect(output).toContain('made no page to serve: no index.html in dist/')
    expect(output).toContain('build.output')
  })

  it('since a step takes longer than it may', async () => {
    const output = await refused(
      'build.timed-out',
      yaml('pipeline:\n  - test: sleep 4741\nbuild: { timeout: 2s }\n'),
    )
    expect(output).toContain('"test" was ended by the time limit')
    expect(output).toContain('build.timeout')
  })

  it('since a step of its pipeline fails, with what the step said', async () => {
    const output = await refused(
      'build.step-failed',
      yaml('pipeline:\n  - test: echo "1 of 3 failed"; exit 4\n  - lint: echo lint\n'),
    )
    expect(output).toContain('1 of 3 failed')
    expect(output).toMatch(/"test" failed in build \d+ with exit code 4 after \d+(\.\d)? s/)
    expect(output).not.toContain('lint …')
  })

  it('since it has a submodule', async () => {
    const output = await refused('build.submodules', { 'readme.txt': 'x' }, async () => {
      const head = (await naru.git(['rev-parse', 'HEAD'], shop.folder)).stdout.trim()
      await naru.git(
        ['update-index', '--add', '--cacheinfo', `160000,${head},vendor/theme`],
        shop.folder,
      )
      await naru.git(['commit', '-q', '-m', 'a submodule'], shop.folder)
      await naru.git(['checkout', '-q', '-f', 'HEAD'], shop.folder)
      await naru.git(['config', 'submodule.vendor/theme.ignore', 'all'], shop.folder)
    })
    expect(output).toContain('git submodules (vendor/theme)')
  })

  it('since Git LFS has its files', async () => {
    const output = await refused('build.lfs', {
      '.gitattributes': '*.mp4 filter=lfs diff=lfs merge=lfs -text\n',
      'film.mp4': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
    })
    expect(output).toContain('film.mp4')
  })
})
