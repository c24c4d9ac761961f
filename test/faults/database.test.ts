import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lastEventId, listEvents } from '../../src/store/events.ts'
import { listSettings } from '../../src/store/settings.ts'
import { openStore } from '../../src/store/store.ts'
import { webApp } from '../support/apps.ts'
import { Naru, until } from '../support/naru.ts'
import { Subject } from './subject.ts'

/**
 * The power goes while the database's log is being written: its last pages are torn, garbled or not there. What was
 * acknowledged before is there, what comes after it is there as a whole or not at all.
 */

let naru: Naru
let subject: Subject
beforeAll(async () => {
  naru = await Naru.started()
  subject = await Subject.serving(naru, 'shop', release(1))
})
afterAll(() => naru.close())

const release = (number: number, more: object = {}) => webApp({ says: `v${number}`, ...more })

const wal = () => join(naru.data, 'naru.db-wal')

/** Header of a log, and of each page in it; what a page takes altogether. */
const [headerBytes, pageHeaderBytes, pageBytes] = [32, 24, 4096 + 24]

describe('a log of the database that is torn', () => {
  it('at any place behind what was acknowledged loses none of that, and keeps no half of what came then', async () => {
    const place = naru.place('shop')
    const set = (value: string) =>
      naru.client.changeSettings(place, { set: { WORD: value }, deploy: false })
    await set('acknowledged')
    const before = readFileSync(wal()).length
    await set('torn')
    await naru.crash()
    const after = readFileSync(wal())
    expect(after.length).toBeGreaterThan(before)

    const words = new Set<string>()
    for (const length of cuts(before, after.length))
      for (const tail of [
        Buffer.alloc(0),
        garbage(after.length - length),
        Buffer.alloc(after.length - length),
      ]) {
        const found = await whatIsKept(Buffer.concat([after.subarray(0, length), tail]))
        words.add(found.word)
        expect(found.whole).toBe('ok')
        // One event for each setting, in order, and none missing.
        expect(found.events.map(({ id }) => id)).toEqual(found.events.map((_, index) => index + 1))
        expect(found.events.filter(({ kind }) => kind === 'settings.changed')).toHaveLength(
          found.word === 'torn' ? 2 : 1,
        )
      }
    expect([...words].sort()).toEqual(['acknowledged', 'torn'])

    await naru.up()
    expect(await naru.client.settings(place)).toMatchObject({ WORD: 'torn' })
  })

  it('in the middle of a deployment lets that go on', async () => {
    const visitors = await subject.underLoad(async () => {
      const { pushed, begun } = subject.deployAndLook(release(2, { healthyFor: '2s' }), 'starting')
      await begun
      await naru.crash()
      await pushed
      const half = readFileSync(wal()).subarray(headerBytes, headerBytes + pageBytes / 2)
      writeFileSync(wal(), half, { flag: 'a' })
      await naru.up()
      await subject.reaches('succeeded')
      await subject.serves(2)
    })
    expect(visitors.failures).toEqual([])
  })

  it('and has lost its last changes, as on a disk that lied, leaves a state that once was, from which all goes on', async () => {
    const visitors = await subject.underLoad(async () => {
      const { pushed, begun } = subject.deployAndLook(
        release(3, { healthyFor: '1s', settle: '30s' }),
        'starting',
      )
      await begun
      const earlier = readFileSync(wal())
      await subject.reaches('baking')
      await naru.crash()
      await pushed
      const later = readFileSync(wal())
      // Otherwise it was begun anew meanwhile, and the older one says nothing.
      expect(later.subarray(0, earlier.length).equals(earlier)).toBe(true)
      writeFileSync(wal(), earlier)
      await naru.up()
      await subject.reaches('baking')
      await until(
        async () => (await subject.instances('web', 3)).length === 1,
        'one instance of v3',
      )
      await subject.abort(3)
      await subject.serves(2)
    })
    expect(visitors.failures).toEqual([])
  })
})

/** Places to cut at: around each page's start, its header's end and its end, and in the middle of it. */
function cuts(from: number, to: number): number[] {
  const all: number[] = []
  for (let page = headerBytes; page < to; page += pageBytes)
    for (const at of [0, 1, pageHeaderBytes, pageHeaderBytes + 1, pageBytes / 2, pageBytes - 1])
      all.push(page + at)
  return [...all, to].filter((at) => at >= from && at <= to)
}

/** The same for the same length. */
const garbage = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (index * 7919 + 13) % 251))

/** Opens a copy of the data folder's store, as the next server would, with another log. */
async function whatIsKept(log: Buffer) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-torn-'))
  try {
    for (const name of ['naru.db', 'secret.key'])
      if (existsSync(join(naru.data, name))) cpSync(join(naru.data, name), join(folder, name))
    writeFileSync(join(folder, 'naru.db-wal'), log)
    const quiet = { info() {}, warn() {}, error() {} }
    const store = await openStore(folder, { now: () => new Date(), log: quiet })
    const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(
      store.db,
    )
    const settings = await listSettings(store.db, naru.place('shop'))
    const events = await listEvents(store.db)
    expect(await lastEventId(store.db)).toBe(events.length)
    await store.close()
    return { whole: rows[0]?.integrity_check, word: String(settings['WORD']), events }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
