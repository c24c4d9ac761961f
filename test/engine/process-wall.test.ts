import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appsAccount, checkReachable, parseUid } from '../../src/engine/process/account.ts'
import { places } from '../../src/engine/process/places.ts'
import { type Bench, groupOf, isRoot, makeBench, printed, testAccount } from './bench.ts'

const whenRoot = isRoot
  ? 'as root'
  : 'as root (skipped here: these tests do not run as root, and there is no wall)'
const place = { environment: 'production', service: 'web', release: 1 }

let bench: Bench
beforeEach(async () => {
  bench = await makeBench()
})
afterEach(() => bench.end())

describe.skipIf(!isRoot)(`${whenRoot}, an app’s program`, () => {
  it('runs as the apps’ user with its own group and no other', async () => {
    const seen = await look([])
    expect(seen).toMatchObject({
      uid: testAccount?.uid,
      gid: groupOf('hello'),
      groups: [groupOf('hello')],
    })
  })

  it('may use its slug, home and temporary folder, and nothing else of Naru’s folder', async () => {
    const at = places(bench.folder)
    await bench.engine.ensure(
      await bench.set('ticks', { routed: false, set: { ...place, app: 'shop' } }),
      1,
    )
    await printed(bench, /tick/, 'shop')
    const [other] = await bench.engine.list({ app: 'shop' })
    const shop = at.app('shop')
    writeFileSync(join(bench.folder, 'store.db'), '', { mode: 0o600 })
    const [mine, hers] = [at.app('hello'), other?.id ?? '']
    const closed = [
      bench.folder,
      at.apps,
      at.engine,
      at.instances,
      join(at.instances, hers),
      join(at.instances, hers, 'output'),
      join(at.instances, hers, 'record.json'),
      join(at.logs, 'shop/production'),
      join(bench.folder, 'store.db'),
      shop.folder,
      shop.slugs,
      join(shop.slugs, `sha256-${'a'.repeat(64)}`, 'answers.mjs'),
      shop.home('production'),
      shop.temporary(hers),
      `/proc/${other?.pid}/environ`,
      `/proc/${other?.pid}/fd/1`,
      `/proc/${other?.pid}/cwd`,
      `/proc/${process.pid}/environ`,
      mine.folder,
    ]
    const readable = [mine.slugs, join(mine.slugs, `sha256-${'a'.repeat(64)}`), at.launch]
    const writable = [mine.home('production')]
    const { found, opensOutput } = await look([...closed, ...readable, ...writable])
    for (const path of closed)
      expect([path, found[path]]).toEqual([path, { reads: false, writes: false }])
    for (const path of readable)
      expect([path, found[path]]).toEqual([path, { reads: true, writes: false }])
    for (const path of writable)
      expect([path, found[path]]).toEqual([path, { reads: true, writes: true }])
    expect(opensOutput).toBe(true)
  })

  it('is behind the wall whatever the folder was like before', async () => {
    const at = places(bench.folder)
    await bench.set('answers')
    for (const folder of [at.app('hello').folder, at.app('hello').slugs, at.engine])
      chmodSync(folder, 0o777)
    await bench.restart()
    await bench.engine.ensure(await bench.set('answers'), 1)
    const modes = [at.app('hello').folder, at.app('hello').slugs, at.engine].map(
      (folder) => statSync(folder).mode & 0o7777,
    )
    expect(modes).toEqual([0o710, 0o750, 0o700])
    expect(statSync(at.app('hello').home('production')).mode & 0o7777).toBe(0o2770)
  })

  it('runs as a user that Naru finds or makes', async () => {
    const account = await appsAccount()
    expect(account?.uid).toBe(parseUid(readFileSync('/etc/passwd', 'utf8'), 'naru-apps'))
    expect(await appsAccount()).toEqual(account)
  })

  it('must be able to get to the data folder', async () => {
    const outer = mkdtempSync(join(tmpdir(), 'naru-closed-'))
    const data = join(outer, 'data')
    mkdirSync(data, { mode: 0o711 })
    chmodSync(data, 0o711)
    await expect(checkReachable(data, testAccount)).rejects.toMatchObject({
      code: 'data.unreachable',
      facts: { folder: data, user: 'naru-apps' },
    })
    chmodSync(outer, 0o711)
    await checkReachable(data, testAccount)
    rmSync(outer, { recursive: true })
  })

  type Seen = {
    uid: number
    gid: number
    groups: number[]
    opensOutput: boolean
    found: Record<string, { reads: boolean; writes: boolean }>
  }
  async function look(paths: string[]): Promise<Seen> {
    const environment = { PLACES: JSON.stringify(paths) }
    await bench.engine.ensure(await bench.set('looks-around', { routed: false, environment }), 1)
    return JSON.parse((await printed(bench, /^\{"uid".*\}$/))[0])
  }
})

describe.skipIf(isRoot)('as an ordinary user, an app’s program', () => {
  it('runs as that user, in folders that are closed to all others', async () => {
    expect(await appsAccount()).toBeNull()
    await checkReachable(bench.folder, null)
    await bench.engine.ensure(await bench.set('answers'), 1)
    const at = places(bench.folder)
    for (const folder of [
      at.data,
      at.apps,
      at.engine,
      at.app('hello').folder,
      at.app('hello').home('production'),
    ]) {
      expect(statSync(folder).mode & 0o7777).toBe(0o700)
    }
  })
})

it('finds the user in the list of users by its whole name', () => {
  const passwd =
    'root:x:0:0::/root:/bin/sh\nnaru-apps-2:x:7:7::/:/bin/sh\nnaru-apps:x:990:990::/:/usr/sbin/nologin\n'
  expect(parseUid(passwd, 'naru-apps')).toBe(990)
  expect(parseUid(passwd, 'nobody')).toBeNull()
})
