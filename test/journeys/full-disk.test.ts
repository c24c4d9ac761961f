import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as timePasses } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { mountTmpfs } from '../support/mount.ts'
import { Naru, type Repository } from '../support/naru.ts'
import { expectRefusal, stackFrame } from '../support/refusal.ts'

let naru: Naru
let shop: Repository
let pid: number
let unmount: () => void
const filler = () => join(naru.data, 'filler')

/** Takes all there is left, to the last byte. */
function fill(): void {
  const file = openSync(filler(), 'a')
  for (let size = 1 << 20; size >= 1; ) {
    try {
      writeSync(file, Buffer.alloc(size))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      size >>= 1
    }
  }
  closeSync(file)
}

const makeRoom = () => rmSync(filler(), { force: true })

/** What the server computes in a second. */
async function busyMs(): Promise<number> {
  const read = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  }
  const before = read()
  await timePasses(1000)
  return read() - before
}

describe.runIf(process.getuid?.() === 0)('a full disk', () => {
  beforeEach(async () => {
    naru = await Naru.create()
    unmount = mountTmpfs(naru.data, 'size=48m,mode=711')
    await naru.up()
    shop = await naru.repository('shop', webApp({ says: 'one' }))
    expect((await shop.push()).code).toBe(0)
    pid = naru.pid()
  })
  afterEach(async () => {
    makeRoom()
    const down = await naru.cli(['down'])
    unmount()
    expect(down.code).toBe(0)
    await naru.close()
  })

  it('refuses every change in words and serves on; with room again, the next push is taken', async () => {
    fill()
    await shop.commit(webApp({ says: 'two' }))

    for (let times = 0; times < 3; times += 1) {
      const { code, output } = await shop.push()
      expect(code).toBe(1)
      expect(output).toMatch(/the disk that holds \S+ is full|No space left on device/)
      expect(output).not.toMatch(stackFrame)
      expect((await naru.visit('shop')).body).toBe('one')
    }
    const set = await naru.cli(['settings', 'set', 'A=1', '--app', 'shop'])
    expectRefusal(set, `the disk that holds ${naru.data} is full`, 'data.full')
    expect((await naru.cli(['status', '--app', 'shop'])).stdout).toContain('v1')

    makeRoom()
    const again = await shop.push()
    expect(again.output).toContain('live at')
    expect(again.code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('two')
    expect(naru.pid()).toBe(pid)
  })

  it('that a build fills fails the build, which gives the room back', async () => {
    const more = 'build:\n  command: echo filling; cat /dev/zero > zeros\n'
    const { code, output } = await shop.deploy(webApp({ says: 'two', more }))

    expect(code).toBe(1)
    expect(output).toContain('the disk was full during build 2')
    expect(output).toContain('make room')
    expect((await naru.visit('shop')).body).toBe('one')

    expect((await shop.deploy(webApp({ says: 'three' }))).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('three')
    expect(naru.pid()).toBe(pid)
  })

  it('while something is built fails the build as soon as that can be written down', async () => {
    await shop.commit(webApp({ says: 'two', more: 'build:\n  command: echo waiting; sleep 2\n' }))
    const push = shop.pushing()
    await push.said('waiting')
    fill()
    await timePasses(3000)

    expect(await busyMs()).toBeLessThan(500)
    expect((await naru.visit('shop')).body).toBe('one')
    makeRoom()
    const { code, output } = await push.ended

    expect(code).toBe(1)
    expect(output).toMatch(/full/)
    expect((await shop.push()).output).toContain('live at')
    expect(naru.pid()).toBe(pid)
  })

  it('while a release starts delays it until there is room, and nothing is lost', async () => {
    await shop.commit(webApp({ says: 'two', healthyFor: '2s' }))
    const push = shop.pushing()
    await push.said('starting web of v2')
    fill()
    await timePasses(4000)

    expect(await busyMs()).toBeLessThan(500)
    expect((await naru.visit('shop')).status).toBe(200)
    makeRoom()
    const { code, output } = await push.ended

    expect(output).toContain('live at')
    expect(code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('two')
    expect(naru.pid()).toBe(pid)
  })

  it('does not keep Naru from going down', async () => {
    fill()
    const { code, output } = await naru.cli(['down'])
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('is down') })
  })

  it('keeps Naru from coming up, in words, until there is room', async () => {
    expect((await naru.cli(['down'])).code).toBe(0)
    fill()
    const up = () =>
      naru.cli(['up', '--http', `127.0.0.1:${naru.http}`, '--api', `127.0.0.1:${naru.api}`])

    expectRefusal(await up(), `the disk that holds ${naru.data} is full`, 'data.full')

    makeRoom()
    expect((await up()).code).toBe(0)
    expect((await naru.cli(['status', '--app', 'shop'])).stdout).toContain('v1')
  })
})
