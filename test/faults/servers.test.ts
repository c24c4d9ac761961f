import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { isAlive, Naru, run } from '../support/naru.ts'
import { expectRefusal } from '../support/refusal.ts'
import { type NewerNaru, newerNaru } from './newer-naru.ts'
import { Subject } from './subject.ts'

/** Two servers on one folder, a server that is away for long, and one of another version in the middle of a deployment. */

let naru: Naru
let subject: Subject
let thisVersion: string
beforeAll(async () => {
  naru = await Naru.started()
  thisVersion = naru.program
  subject = await Subject.serving(naru, 'shop', release(1))
})
afterAll(() => naru.close())

const release = (number: number, more: object = {}) => webApp({ says: `v${number}`, ...more })

const up = () =>
  naru.cli(['up', '--http', `127.0.0.1:${naru.http}`, '--api', `127.0.0.1:${naru.api}`])

describe('two servers on one folder', () => {
  it.each(['its own name', 'another name'])(
    'by %s: the second does not start, and the first goes on',
    async (name) => {
      const link = join(naru.folder, 'link')
      if (name === 'another name') symlinkSync(naru.data, link)
      const data = name === 'another name' ? link : naru.data
      const pid = naru.pid()
      const visitors = await subject.underLoad(async () => {
        const args = ['--data', data, '--http', '127.0.0.1:1', '--api', '127.0.0.1:1']
        const server = join(thisVersion, '../server.cjs')
        const { code, stderr } = await run(process.execPath, [server, ...args], {
          environment: naru.environment(),
        })
        expect(code).not.toBe(0)
        expect(stderr).toContain('data.locked')
      })
      expect(isAlive(pid)).toBe(true)
      expect(visitors).toMatchObject({ failures: [], seen: ['v1'] })
    },
  )

  it('started at the same moment after a crash leave one, which has everything', async () => {
    await naru.crash()
    const visitors = await subject.underLoad(async () => {
      const both = await Promise.all([up(), up()])
      expect(both.some(({ code }) => code === 0)).toBe(true)
      for (const ran of both)
        if (ran.code !== 0) expectRefusal(ran, 'another Naru server', 'data.locked')
      await subject.serves(1)
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v1'] })
    expect(await subject.instances()).toMatchObject([{ restarts: 0 }])
  })
})

describe('a server that is away while a release is watched', () => {
  it('leaves the traffic as it is, and does not count that time as watched', async () => {
    const visitors = await subject.underLoad(async ({ seen }) => {
      const { pushed, begun } = subject.deployAndLook(release(2, { settle: '4s' }), 'baking')
      await begun
      await naru.crash()
      await pushed
      const answers = seen.length
      await new Promise((resolve) => setTimeout(resolve, 5000))
      expect(seen.length).toBe(answers)
      const upMs = performance.now()
      await naru.up()
      expect(await subject.newest()).toMatchObject({ status: 'baking' })
      await subject.reaches('succeeded')
      expect(performance.now() - upMs).toBeGreaterThan(1500)
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v1', 'v2'] })
  })
})

describe('a newer version, and this one again,', () => {
  let newer: NewerNaru | null = null
  afterEach(async () => {
    naru.program = thisVersion
    newer?.remove()
    newer = null
  })

  it('go on with a deployment that the other began, and lose no visitor', async () => {
    newer = newerNaru(thisVersion)
    const visitors = await subject.underLoad(async () => {
      const three = subject.deployAndLook(release(3, { healthyFor: '2s' }), 'starting')
      await three.begun
      await naru.crash()
      naru.program = newer?.cli ?? ''
      await naru.up()
      await three.pushed
      await subject.reaches('succeeded')
      await subject.serves(3)

      const four = subject.deployAndLook(release(4, { settle: '3s' }), 'baking')
      await four.begun
      await naru.crash()
      naru.program = thisVersion
      await naru.up()
      await four.pushed
      await subject.reaches('succeeded')
      await subject.serves(4)
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v2', 'v3', 'v4'] })
  })

  it('that has changed the tables is the only one to go on; this one refuses in words and touches nothing', async () => {
    newer = newerNaru(thisVersion, { migration: '9000-newer' })
    const visitors = await subject.underLoad(async () => {
      await naru.crash()
      naru.program = newer?.cli ?? ''
      await naru.up()
      const { begun, pushed } = subject.deployAndLook(release(5, { settle: '3s' }), 'baking')
      await begun
      await naru.crash()
      await pushed

      naru.program = thisVersion
      const before = kept()
      expectRefusal(await up(), 'was written by a newer Naru (9000-newer)', 'data.newer')
      expect(kept()).toEqual(before)

      naru.program = newer?.cli ?? ''
      await naru.up()
      await subject.reaches('succeeded')
      await subject.serves(5)
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v4', 'v5'] })
    await naru.crash()
    change(`delete from kysely_migration where name = '9000-newer'`)
    naru.program = thisVersion
    await naru.up()
  })

  it('that left a state which this one does not know: it does not guess, and says so', async () => {
    const visitors = await subject.underLoad(async () => {
      const { begun, pushed } = subject.deployAndLook(release(6, { settle: '3s' }), 'baking')
      await begun
      await naru.crash()
      await pushed
      change(
        `update deployments set status = 'analysing', rollout = json_set(rollout, '$.status', 'analysing') where status = 'baking'`,
      )

      expectRefusal(await up(), 'was written by a newer Naru (analysing)', 'data.newer')

      change(
        `update deployments set status = 'baking', rollout = json_set(rollout, '$.status', 'baking') where status = 'analysing'`,
      )
      await naru.up()
      await subject.reaches('succeeded')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v5', 'v6'] })
  })

  it('that keeps more of an instance than this one knows: it leaves that instance alone, and says so', async () => {
    const pids = await subject.pids(6)
    await naru.crash()
    const folder = join(naru.data, 'engine/instances')
    const files = readdirSync(folder).map((id) => join(folder, id, 'record.json'))
    const records = files.map((file) => readFileSync(file, 'utf8'))
    const visitors = await subject.underLoad(async () => {
      for (const [index, file] of files.entries())
        writeFileSync(file, JSON.stringify({ ...JSON.parse(records[index] ?? ''), version: 2 }))

      expectRefusal(await up(), 'was written by a newer Naru (version 2)', 'data.newer')

      for (const [index, file] of files.entries()) writeFileSync(file, records[index] ?? '')
      await naru.up()
      expect(await subject.pids(6)).toEqual(pids)
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v6'] })
  })
})

/** Everything that the database keeps, as text, read by the way and not changed. */
function kept(): string[] {
  const database = new Sqlite(join(naru.data, 'naru.db'), { readonly: true })
  try {
    const tables = database
      .prepare(`select name from sqlite_master where type = 'table'`)
      .pluck()
      .all()
    return tables.map((name) =>
      JSON.stringify(database.prepare(`select * from "${String(name)}"`).all()),
    )
  } finally {
    database.close()
  }
}

function change(statement: string): void {
  const database = new Sqlite(join(naru.data, 'naru.db'))
  try {
    database.exec(statement)
  } finally {
    database.close()
  }
}
