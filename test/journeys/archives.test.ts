import { randomBytes } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tarOf } from '../source/tar.ts'
import { webApp } from '../support/apps.ts'
import { mountTmpfs } from '../support/mount.ts'
import { Naru, until } from '../support/naru.ts'

let naru: Naru
beforeEach(async () => {
  naru = await Naru.create()
})

const members = (says: string, ballast = Buffer.alloc(0)) => [
  ...Object.entries(webApp({ says })).map(([path, content]) => ({ path, content })),
  { path: 'ballast', content: ballast },
]
const repository = () => join(naru.data, 'git/shop.git')

/** What arrives and is not yet accepted, and what a git that broke left behind. */
const leftovers = () => [
  ...readdirSync(join(repository(), 'objects')).filter((name) => name.startsWith('tmp')),
  ...readdirSync(join(repository(), 'objects/pack')).filter(
    (name) => !/^pack-.*\.(pack|idx|rev)$/.test(name),
  ),
  ...readdirSync(repository()).filter((name) => name.startsWith('fast_import')),
]

/** Begins to send an archive, and stops before its end. */
function beginSending(bytes: Buffer) {
  const sending = request({
    port: naru.api,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v1/apps/shop/environments/production/archives?name=half',
    headers: { 'content-type': 'application/gzip', authorization: `Bearer ${naru.token()}` },
  })
  sending.on('error', () => {}) // It is broken off on purpose.
  sending.write(bytes)
  return sending
}

async function deployShop(says: string) {
  const folder = join(naru.folder, 'shop')
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(webApp({ says })))
    writeFileSync(join(folder, name), text)
  return naru.cli(['deploy', '--app', 'shop'], { folder })
}

describe('an archive on its way', () => {
  afterEach(() => naru.close())

  it('whose sender goes away, or whose server is killed, leaves nothing, and the next one is taken', async () => {
    await naru.up()
    expect((await deployShop('one')).code).toBe(0)
    const whole = gzipSync(tarOf(members('half', randomBytes(8_000_000))), { level: 1 })
    const most = whole.subarray(0, 6_000_000)

    const first = beginSending(most)
    await until(() => leftovers().length > 0, 'the archive to arrive')
    first.destroy()
    await until(() => leftovers().length === 0, 'what arrived of it to be gone')

    const second = beginSending(most)
    await until(() => leftovers().length > 0, 'the archive to arrive')
    await naru.crash()
    second.destroy()
    await naru.up()

    const { code, output } = await deployShop('two')
    expect({ code, output }).toMatchObject({ code: 0 })
    expect((await naru.visit('shop')).body).toBe('two')
    expect(await naru.client.builds('shop')).toHaveLength(2)
  })

  it('may be one of many', async () => {
    await naru.up()
    await naru.client.createApp('shop')
    const sent = await Promise.all(
      Array.from({ length: 6 }, (_, n) => {
        const sending = beginSending(gzipSync(tarOf(members(`${n}`))))
        const answered = new Promise<number>((resolve) =>
          sending.on('response', (answer) => resolve(answer.resume().statusCode ?? 0)),
        )
        sending.end()
        return answered
      }),
    )
    expect(sent).toEqual(Array(6).fill(202))
    await until(
      async () => (await naru.status('shop')).last?.status === 'succeeded',
      'the newest of them to be stable',
      90_000,
    )
    const builds = await naru.client.builds('shop')
    expect(builds).toHaveLength(6)
    expect(builds[0]).toMatchObject({ number: 6, status: 'succeeded' })
  })
})

describe.runIf(process.getuid?.() === 0)('an archive for which the disk has no room', () => {
  it('is refused in words, leaves nothing, and what serves serves on', async () => {
    const unmount = mountTmpfs(naru.data, 'size=64m,mode=711')
    await naru.up()
    expect((await deployShop('one')).code).toBe(0)
    const large = join(naru.folder, 'shop/large')
    const filler = join(naru.data, 'filler')
    const file = openSync(filler, 'w')
    for (let left = 24; left > 0; left -= 1) writeSync(file, randomBytes(1024 * 1024))
    closeSync(file)
    writeFileSync(large, randomBytes(48 * 1024 * 1024))

    const refused = await deployShop('two')

    expect(refused.stderr).toMatch(/the disk that holds \S+ is full; what serves keeps serving/)
    expect(refused.stderr).toContain('(data.full)')
    expect(refused.code).toBe(6)
    expect(leftovers()).toEqual([])
    expect((await naru.visit('shop')).body).toBe('one')

    rmSync(filler)
    rmSync(large)
    expect((await deployShop('two')).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('two')
    expect((await naru.cli(['down'])).code).toBe(0)
    unmount()
    await naru.close()
  })
})
