import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CacheFolders, cacheUse, trimCaches } from '../../src/build/cache-bound.ts'
import { cacheKeeper } from '../../src/build/cache-keeper.ts'
import { type Bench, makeBench, removeStaticServer } from './bench.ts'

afterAll(removeStaticServer)

const megabyte = 1024 * 1024
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naru-cache-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const foldersOf = (app: string): CacheFolders => ({
  app,
  slugs: join(folder, app, 'slugs'),
  dependencies: join(folder, app, 'dependencies'),
  buildHome: join(folder, app, 'build-home'),
})

async function fill(path: string, megabytes: number, hoursAgo: number): Promise<void> {
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'data'), Buffer.alloc(megabytes * megabyte, 1))
  const at = new Date(Date.now() - hoursAgo * 3_600_000)
  await utimes(path, at, at)
}

const nobody = (): boolean => false

describe('slugs and caches stay within a bound', () => {
  test('by the removal of the caches used longest ago, of all apps alike', async () => {
    const [shop, blog] = [foldersOf('shop'), foldersOf('blog')]
    await fill(join(shop.slugs, 'sha256-a'), 2, 900)
    await fill(join(shop.dependencies, 'newest'), 2, 1)
    await fill(join(blog.dependencies, 'older'), 2, 20)
    await fill(join(shop.dependencies, 'oldest'), 2, 30)
    await fill(join(blog.buildHome, '.npm'), 2, 25)
    await utimes(blog.buildHome, new Date(), new Date(Date.now() - 25 * 3_600_000))
    const left = await trimCaches([shop, blog], 6.5 * megabyte, nobody)
    expect(left.usedBytes).toBeLessThan(6.5 * megabyte)
    expect(await readdir(shop.dependencies)).toEqual(['newest'])
    expect(await readdir(blog.dependencies)).toEqual(['older'])
    expect(await readdir(blog.buildHome)).toEqual([])
    expect(await readdir(shop.slugs)).toEqual(['sha256-a'])
    expect(await cacheUse([shop, blog])).toEqual(left)
  })

  test('nothing goes while they are within it', async () => {
    const shop = foldersOf('shop')
    await fill(join(shop.dependencies, 'a'), 1, 500)
    await trimCaches([shop], 2 * megabyte, nobody)
    expect(await readdir(shop.dependencies)).toEqual(['a'])
  })

  test('never by what an app that is being built uses, nor by a slug', async () => {
    const shop = foldersOf('shop')
    await fill(join(shop.slugs, 'sha256-a'), 2, 900)
    await fill(join(shop.dependencies, 'a'), 2, 500)
    const left = await trimCaches([shop], megabyte, (app) => app === 'shop')
    expect(left.usedBytes).toBeGreaterThan(4 * megabyte)
    expect(await readdir(shop.dependencies)).toEqual(['a'])
    expect((await trimCaches([shop], megabyte, nobody)).slugBytes).toBeGreaterThan(2 * megabyte)
    expect(await readdir(shop.slugs)).toEqual(['sha256-a'])
  })

  test('files that a slug and a cache share count once, and their removal is not taken for room', async () => {
    const shop = foldersOf('shop')
    await fill(join(shop.dependencies, 'shared'), 4, 500)
    await mkdir(shop.slugs)
    execFileSync('cp', ['-al', join(shop.dependencies, 'shared'), join(shop.slugs, 'sha256-a')])
    await fill(join(shop.dependencies, 'own'), 4, 400)
    const { usedBytes } = await cacheUse([shop])
    expect(usedBytes).toBeLessThan(8.5 * megabyte)
    const left = await trimCaches([shop], 5 * megabyte, nobody)
    expect(left.usedBytes).toBeLessThan(5 * megabyte)
    expect(await readdir(shop.dependencies)).not.toContain('own')
  })

  test('what a killed Naru was removing is gone with the next time', async () => {
    const shop = foldersOf('shop')
    await fill(join(shop.dependencies, 'a.naru-removing'), 1, 0)
    await fill(join(shop.buildHome, 'odd\nname'), 1, 0)
    await trimCaches([shop], 100 * megabyte, nobody)
    expect([await readdir(shop.dependencies), await readdir(shop.buildHome)]).toEqual([[], []])
    expect(await cacheUse([foldersOf('never-built')])).toEqual({
      usedBytes: 0,
      slugBytes: 0,
      cacheBytes: 0,
    })
  })
})

describe('a hundred deployments', () => {
  let bench: Bench
  afterEach(() => bench.remove())

  test('of an app whose packages change each time stay within a small bound', async () => {
    bench = await makeBench('node-plain', null)
    const { slugs, dependencies, buildHome } = bench.workshop.folders
    const limitBytes = 12 * megabyte
    const built: string[] = []
    const log = {
      info() {},
      error: (_: string, error: unknown) => {
        throw error
      },
    }
    const keeper = cacheKeeper(
      limitBytes,
      async () => [{ app: 'app', slugs, dependencies, buildHome }],
      log as never,
    )
    // As the collector does: the slugs of the three newest are needed.
    keeper.whenOver(async () => {
      for (const path of built.splice(0, Math.max(0, built.length - 3)))
        execFileSync('sh', ['-c', 'chmod -R u+w "$0" && rm -rf "$0"', path])
    })
    let most = 0
    for (let n = 0; n < 100; n += 1) {
      await bench.write('server.js', `// ${n}\n`)
      // What an install leaves: packages in the slug, downloads in the home.
      const step = `mkdir -p "$HOME/.npm" && head -c 500000 /dev/urandom > "$HOME/.npm/${n}" && head -c 500000 /dev/urandom > made`
      const { artifact } = await keeper.during('app', () =>
        bench.build({ spec: { pipeline: [{ name: 'fetch', command: step }] } }),
      )
      built.push(artifact.folder)
      await keeper.settled()
      most = Math.max(most, (await keeper.use()).usedBytes)
    }
    expect(most).toBeLessThanOrEqual(limitBytes)
    expect(most).toBeGreaterThan(limitBytes / 3)
    expect(await readdir(slugs)).toContain(built.at(-1)?.split('/').at(-1))
  }, 240_000)
})
