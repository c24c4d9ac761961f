import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { mountTmpfs } from '../support/mount.ts'
import { Naru } from '../support/naru.ts'
import { expectRefusal } from '../support/refusal.ts'

const isRoot = process.getuid?.() === 0
let naru: Naru
beforeEach(async () => {
  naru = await Naru.create()
})
afterEach(() => naru.close())

const upAt = (data: string) =>
  naru.cli([
    'up',
    '--data',
    data,
    '--http',
    `127.0.0.1:${naru.http}`,
    '--api',
    `127.0.0.1:${naru.api}`,
  ])

describe('a data folder that cannot be written', () => {
  it('since a part of its path is a file is refused in words', async () => {
    const file = join(naru.folder, 'file')
    writeFileSync(file, 'mine')
    for (const data of [file, join(file, 'below'), join(file, 'below/deeper')]) {
      const ran = await upAt(data)
      expectRefusal(
        ran,
        `Naru cannot write to its data folder ${data}: a part of the path is a file`,
        'data.unwritable',
      )
    }
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  it.runIf(isRoot)('since its file system is read-only is refused in words', async () => {
    const disk = join(naru.folder, 'disk')
    const unmount = mountTmpfs(disk, 'ro,size=1m')
    try {
      for (const data of [disk, join(disk, 'data'), join(disk, 'deep/data')])
        expectRefusal(await upAt(data), 'the file system is read-only', 'data.unwritable')
    } finally {
      unmount()
    }
  })

  it.runIf(isRoot)('from which no program may be started is refused in words', async () => {
    const disk = join(naru.folder, 'disk')
    const unmount = mountTmpfs(disk, 'noexec,size=8m')
    try {
      const data = join(disk, 'data')
      expectRefusal(await upAt(data), `no program may be started from ${data}`, 'data.noexec')
      expect(readdirSync(data)).toEqual([])
    } finally {
      unmount()
    }
  })

  it.runIf(!isRoot)('since it belongs to somebody else is refused in words', async () => {
    expectRefusal(await upAt('/var/lib/naru-of-another'), 'permission denied', 'data.unwritable')
  })
})

describe('a database file', () => {
  const file = () => join(naru.data, 'naru.db')

  async function served(): Promise<void> {
    await naru.up()
    const shop = await naru.repository('shop', webApp({ says: 'one' }))
    expect((await shop.push()).code).toBe(0)
    await naru.cli(['down', '--keep-apps'])
  }

  function breakIt(how: 'text' | 'zeros' | 'short'): void {
    for (const end of ['-wal', '-shm']) rmSync(`${file()}${end}`, { force: true })
    if (how === 'text')
      writeFileSync(file(), 'this is no database, but what somebody wrote over it')
    else if (how === 'short') truncateSync(file(), 10_000)
    else {
      const handle = openSync(file(), 'r+')
      writeSync(handle, Buffer.alloc(40_000), 0, 40_000, 4096)
      closeSync(handle)
    }
  }

  it.each(['text', 'zeros', 'short'] as const)(
    'that is broken (%s) is named and left alone, and what serves serves on',
    async (how) => {
      await served()
      const good = readFileSync(file())
      breakIt(how)
      const before = readFileSync(file())

      for (let times = 0; times < 2; times += 1) {
        const ran = await upAt(naru.data)
        expectRefusal(ran, `${file()} is damaged, so Naru leaves it alone`, 'data.broken')
        expect(ran.stderr).toContain('copies')
        expect(readFileSync(file()).equals(before)).toBe(true)
      }
      expect((await naru.visit('shop')).body).toBe('one')

      for (const end of ['-wal', '-shm']) rmSync(`${file()}${end}`, { force: true })
      writeFileSync(file(), good)
      expect((await upAt(naru.data)).code).toBe(0)
      expect((await naru.status('shop')).app).toBe('shop')
    },
  )
})
