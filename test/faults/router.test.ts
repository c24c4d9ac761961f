import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { isAlive, Naru, until } from '../support/naru.ts'
import { outOfReach, putTable, routerOf } from './router-of.ts'
import { Subject } from './subject.ts'

/** The router dies under visitors, with its server alive and dead, and is told nonsense. */

let naru: Naru
let subject: Subject
beforeAll(async () => {
  naru = await Naru.started()
  subject = await Subject.serving(naru, 'shop', release(1))
})
afterAll(() => naru.close())

const release = (number: number, more: object = {}) => webApp({ says: `v${number}`, ...more })

/** Two visitors, each with one request at a time: more than that cannot be in flight. */
const inFlight = 2

/** Kills them without a word, and resolves when they are gone. */
async function kill(...pids: number[]): Promise<void> {
  expect(pids.length).toBeGreaterThan(0)
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  await until(() => pids.every((pid) => !isAlive(pid)), 'them to die')
}

/** How long a new visitor waits for an answer. */
async function answeredMs(says: string): Promise<number> {
  const startMs = performance.now()
  expect((await naru.visit('shop')).body).toBe(says)
  return performance.now() - startMs
}

describe('a router that is killed', () => {
  it('while its server lives answers again within a second, and loses only what was in flight', async () => {
    const visitors = await subject.underLoad(async () => {
      const { routers } = routerOf(naru)
      await kill(...routers)
      expect(await answeredMs('v1')).toBeLessThan(1000)
      expect(routerOf(naru).routers).not.toEqual(routers)
    })
    expect(visitors.failures.length).toBeLessThanOrEqual(inFlight)
  })

  it('while its server is dead answers again within a second, with the last table', async () => {
    await naru.crash()
    const visitors = await subject.underLoad(async () => {
      await kill(...routerOf(naru).routers)
      expect(await answeredMs('v1')).toBeLessThan(1000)
    })
    expect(visitors.failures.length).toBeLessThanOrEqual(inFlight)
    await naru.up()
    expect((await subject.repository.deploy(release(2))).output).toContain('live at')
    await subject.serves(2)
  })

  it('again and again during a deployment neither stops that nor brings the old release back', async () => {
    let kills = 0
    const visitors = await subject.underLoad(async ({ seen }) => {
      const pushed = subject.repository.deploy(release(3, { healthyFor: '1s', settle: '2s' }))
      for (; kills < 4; kills += 1) {
        const [router = 0] = routerOf(naru).routers
        await kill(router)
        await until(() => routerOf(naru).routers.some((pid) => pid !== router), 'another router')
        await answeredMs(seen.at(-1) ?? 'v2').catch(() => {}) // It may have moved on meanwhile.
      }
      expect((await pushed).output).toContain('live at')
    })
    expect(visitors.failures.length).toBeLessThanOrEqual(kills * inFlight)
    expect(visitors.seen).toEqual(['v2', 'v3'])
    expect((await subject.repository.deploy(release(1))).output).toContain('live at')
  })

  it('together with what starts it again is started by its server', async () => {
    const { routers, supervisors } = routerOf(naru)
    await kill(...supervisors, ...routers)
    await until(
      async () => (await naru.visit('shop').catch(() => null))?.body === 'v1',
      'the router to be back',
      5_000,
    )
    expect(routerOf(naru).routers).toHaveLength(1)
  })

  it('together with its server and all that starts it again is back with naru up', async () => {
    await naru.crash()
    const { routers, supervisors } = routerOf(naru)
    await kill(...supervisors, ...routers)
    await naru.up()
    expect((await naru.visit('shop')).body).toBe('v1')
    expect((await subject.instances()).map(({ restarts }) => restarts)).not.toContain(1)
  })
})

describe('what starts the router again', () => {
  it('is killed: the router serves on, and is started again when it dies next', async () => {
    const visitors = await subject.underLoad(async () => {
      const { supervisors } = routerOf(naru)
      await kill(...supervisors)
      await until(() => routerOf(naru).supervisors.length === 1, 'another one', 10_000)
    })
    expect(visitors.failures).toEqual([])
    const after = await subject.underLoad(async () => {
      await kill(...routerOf(naru).routers)
      expect(await answeredMs('v1')).toBeLessThan(1000)
    })
    expect(after.failures.length).toBeLessThanOrEqual(inFlight)
  })
})

describe('a route table', () => {
  it.each([
    ['that is no JSON', '{"number": 99999'],
    ['that is none', '{"number":99999}'],
    ['without an end', `{"number":99999,"routes":[${'{},'.repeat(1000)}`],
  ])('%s is refused, and the one before is served', async (_, table) => {
    const visitors = await subject.underLoad(async () => {
      const status = await putTable(naru, table)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(status).toBeLessThan(500)
      expect((await naru.visit('shop')).body).toBe('v1')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v1'] })
  })

  it('of one app that names the host of another is refused before anything changes', async () => {
    const more = `routes:\n  - { host: shop.localhost, service: web }\n`
    const other = await naru.repository('thief', release(9, { more }))
    const visitors = await subject.underLoad(async () => {
      const { code, output } = await other.push()
      expect(code).toBe(1)
      expect(output).toContain('shop.localhost')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v1'] })
  })

  it('that is garbled on the disk is told anew by the server when the router dies', async () => {
    writeFileSync(join(naru.data, 'router/table.json'), '{"version":1,"table":{"numb')
    await kill(...routerOf(naru).routers)
    await until(
      async () => (await naru.visit('shop').catch(() => null))?.body === 'v1',
      'the table to be served again',
    )
  })

  it('that cannot be told delays a deployment, which goes on when it can be', async () => {
    const visitors = await subject.underLoad(async () => {
      const { pushed, begun } = subject.deployAndLook(release(2, { healthyFor: '1s' }), 'starting')
      await begun
      await outOfReach(naru, () => subject.reaches('shifting'))
      expect((await pushed).output).toContain('live at')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v1', 'v2'] })
  })
})
