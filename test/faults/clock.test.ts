import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventView } from '../../src/contract/shapes.ts'
import { webApp } from '../support/apps.ts'
import { Naru, until } from '../support/naru.ts'
import { FalseClock } from './false-clock.ts'
import { Subject } from './subject.ts'

/**
 * Somebody sets the clock of the machine, by an hour or a day, forward or back, while Naru runs or while it is down.
 * Every deadline is counted in time that was served, so nothing comes early and nothing starts again.
 */

const hour = 3600
const day = 24 * hour
const settleMs = 4000

let naru: Naru
let clock: FalseClock

describe.runIf(FalseClock.isThere)('a clock that is set', () => {
  beforeAll(async () => {
    clock = new FalseClock()
    naru = await Naru.started(clock.environment)
  })
  afterAll(async () => {
    await naru.close()
    clock.remove()
  })

  it.each([
    ['an hour', hour],
    ['a day', day],
  ])(
    'forward and back by %s while a release is watched ends nothing early, starts nothing again, and keeps the order of events',
    async (_, seconds) => {
      await clock.set(naru, 0)
      const it = await Subject.serving(naru, `watched-${seconds}`, unwatched)
      const old = await it.pids(1)
      let liveMs = 0
      const visitors = await it.underLoad(async () => {
        const pushed = await it.deployThen(release(2), 'baking', async () => {
          liveMs = performance.now()
          await clock.set(naru, seconds)
          await clock.set(naru, -seconds)
        })
        expect(pushed.output).toContain('live at')
        expect(pushed.code).toBe(0)
      })

      // It had been live for a moment when that was seen.
      expect(performance.now() - liveMs).toBeGreaterThan(settleMs - 500)
      expect(visitors.failures).toEqual([])
      // The old release is warm still: going back is a flip.
      expect(await it.pids(1)).toEqual(old)
      const now = await it.pids(2)
      expect((await naru.cli(['rollback', '--app', it.app])).code).toBe(0)
      await it.serves(1)
      expect(await it.pids(1)).toEqual(old)
      expect(await it.pids(2)).toEqual(now)
      expect((await it.instances()).map(({ restarts }) => restarts)).toEqual([0, 0])
      const moves = (await events(it, 2)).filter(({ kind }) => kind === 'deployment.moved')
      expect(moves.map(({ data }) => data['to'])).toEqual([
        'preparing',
        'starting',
        'shifting',
        'baking',
        'promoting',
        'succeeded',
      ])
    },
  )

  it('to stand still does not hold up a deployment', async () => {
    await clock.set(naru, 0)
    const it = await Subject.serving(naru, 'still', unwatched)
    await clock.stop(naru)
    const visitors = await it.underLoad(async () => {
      expect((await it.repository.deploy(release(2))).output).toContain('live at')
      await it.serves(2)
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v1', 'v2'] })
    expect(await clock.date(naru)).toMatch(/^2026-01-01T00:00:00/)
  })

  it('forward while no server runs is not taken for time that a release was watched, nor for the time of a job', async () => {
    await clock.set(naru, 0)
    const it = await Subject.serving(naru, 'away', unwatched)
    const job = `jobs:\n  slow: { command: 'while [ ! -e $HOME/enough ]; do sleep 0.1; done', timeout: 1h }\n`
    expect((await it.repository.deploy(release(2, { more: job, settle: '0s' }))).output).toContain(
      'live at',
    )
    await naru.client.runJob(naru.place(it.app), 'slow')
    const baked = await it.underLoad(async () => {
      const { begun, pushed } = it.deployAndLook(release(3, { more: job }), 'baking')
      await begun
      await naru.crash()
      await pushed
      await new Promise((resolve) => setTimeout(resolve, settleMs))
      clock.put(2 * day)
      const upMs = performance.now()
      await naru.up(clock.environment)
      expect((await it.newest())?.status).toBe('baking')
      await it.reaches('succeeded')
      // The server before had not watched it for long.
      expect(performance.now() - upMs).toBeGreaterThan(settleMs / 2)
    })
    expect(baked.failures).toEqual([])

    writeFileSync(join(naru.data, 'apps', it.app, 'home/production/enough'), '')
    await until(async () => {
      const [run] = await naru.client.jobRuns(naru.place(it.app))
      return run?.status === 'succeeded'
    }, 'the job to succeed')
  })
})

const release = (number: number, more: object = {}) =>
  webApp({ says: `v${number}`, settle: `${settleMs}ms`, ...more })

const unwatched = release(1, { settle: '0s' })

/** Of one deployment, oldest first. */
async function events(subject: Subject, deployment: number): Promise<EventView[]> {
  const found: EventView[] = []
  for await (const message of naru.client.story(naru.place(subject.app), deployment))
    if (message.kind === 'event') found.push(message.event)
  return found
}
