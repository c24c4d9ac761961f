import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Status } from '../../src/model/rollout.ts'
import { steadyWorker } from '../support/apps.ts'
import { whereOwnDaemon } from '../support/docker.ts'
import { isAlive, Naru, processesOf, until } from '../support/naru.ts'
import { OwnDaemon } from '../support/own-daemon.ts'
import { DockerSubject, release } from './docker-subject.ts'

/** Longer than a call is waited for. */
const hangMs = 12_000
/** Longer than it takes to see that no call is answered: it is asked every 10 s, and waited for as long. */
const longHangMs = 22_000

describe('with containers', whereOwnDaemon, () => {
  let daemon: OwnDaemon
  let naru: Naru
  beforeAll(async () => {
    daemon = await OwnDaemon.started()
    naru = await Naru.create('docker')
    naru.more = daemon.environment
    await naru.up()
  })
  afterAll(async () => {
    await naru?.close()
    await daemon?.end()
  })

  const serving = async (app: string, more: object = {}) => {
    const it = await DockerSubject.serving(naru, app, release(1, more))
    it.docker = daemon.docker
    return it
  }

  /** The daemon takes calls and answers none, for longer than Naru waits for one. */
  const hanging = async (forMs: number, act: () => Promise<unknown> = async () => {}) => {
    daemon.hang()
    try {
      await Promise.all([wait(forMs), act()])
    } finally {
      daemon.wake()
    }
  }

  describe('a Docker daemon that hangs', () => {
    it('is said to, changes nothing that serves, and all goes on when it answers again', async () => {
      const it = await serving('calm', { replicas: 2 })
      const before = await it.instances()
      const visitors = await it.underLoad(async () => {
        await hanging(longHangMs, async () => {
          // What is asked of Naru meanwhile is answered.
          expect((await naru.status(it.app)).serving).toBe(1)
        })
        await it.isWhole(2)
      })
      expect(visitors).toMatchObject({ failures: [], seen: ['v1'] })
      const kept = (one: (typeof before)[number]) => [one.id, one.restarts]
      expect((await it.instances()).map(kept)).toEqual(before.map(kept))
      expect(readFileSync(join(naru.data, 'server.log'), 'utf8')).toContain('does not answer')
      expect((await it.repository.deploy(release(2))).output).toContain('live at')
    })

    it.each(['starting', 'baking'] as const)(
      'while a release is %s holds it up, and it goes on from there',
      async (status) => {
        const it = await serving(`hold-${status}`)
        const visitors = await it.underLoad(async () => {
          const two = release(2, { healthyFor: '2s', healthyWithin: '60s', settle: '4s' })
          const pushed = await it.deployThen(two, status, () => hanging(hangMs))
          expect(pushed.output).toContain('live at')
          await until(() => it.isOver(), 'the deployment to end')
        })
        expect(await it.newest()).toMatchObject({ number: 2, status: 'succeeded' })
        await it.serves(2)
        expect(visitors.failures).toEqual([])
      },
    )

    it('keeps a push waiting or refuses it in words, and the next one is taken', async () => {
      const it = await serving('pushed')
      const visitors = await it.underLoad(async () => {
        daemon.hang()
        const pushing = it.repository.deploy(release(2))
        await wait(hangMs)
        daemon.wake()
        const { code, output } = await pushing
        if (code === 0) expect(output).toContain('live at')
        else expect(output).toMatch(/Docker/)
        expect((await it.repository.deploy(release(3))).output).toContain('live at')
        // One that was refused in its build has made no release.
        await it.serves(code === 0 ? 3 : ((await it.newest())?.release ?? 0), 'v3')
      })
      expect(visitors.failures).toEqual([])
    })
  })

  describe('a machine that starts again', () => {
    it('has every container back as it was, and takes none of it for a failure', async () => {
      const it = await serving('back', { replicas: 2, worker: steadyWorker })
      const two = release(2, { replicas: 2, worker: steadyWorker })
      expect((await it.repository.deploy(two)).output).toContain('live at')
      const ids = async () => (await it.instances()).map(({ id }) => id).sort()
      const before = await ids()

      await restart()

      await it.serves(2)
      // The warm release as well: going back is a flip still.
      await it.isWhole(4)
      expect(await ids()).toEqual(before)
      expect((await it.instances()).map(({ restarts }) => restarts)).toEqual([0, 0, 0, 0])
      expect(await it.containers(2, 'worker')).toHaveLength(1)
      expect(await it.deployments()).toHaveLength(2)
      expect((await it.repository.deploy(release(3))).output).toContain('live at')
    })

    const rows: [Status, { healthyFor?: string; settle?: string; ends: Status }][] = [
      ['starting', { healthyFor: '2s', ends: 'succeeded' }],
      ['baking', { settle: '4s', ends: 'succeeded' }],
      ['aborting', { settle: '30s', ends: 'rolled_back' }],
    ]
    it.each(rows)(
      'in the middle of a deployment (%s) goes on or goes back',
      async (status, { ends, ...more }) => {
        const it = await serving(`mid-${status}`)
        const aborts = status === 'aborting'
        const { pushed, begun } = it.deployAndLook(release(2, more), aborts ? 'baking' : status)
        await begun
        if (aborts) await it.abort(2)

        await restart()
        await pushed

        await until(
          () => it.isOver(),
          () => `the deployment to end\n${naru.log()}`,
          60_000,
        )
        expect(await it.newest()).toMatchObject({ status: ends })
        await it.serves(ends === 'succeeded' ? 2 : 1)
        // Never half of the traffic here and half there.
        const answers = await Promise.all(Array.from({ length: 20 }, () => naru.visit(it.app)))
        expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
      },
    )
  })

  /** Everything is gone at once, Naru and Docker alike, and both are started. */
  async function restart(): Promise<void> {
    for (let left = processesOf(naru.data); left.length > 0; left = processesOf(naru.data)) {
      // All are stopped first, so that none sees another die and acts on it.
      for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
        for (const pid of left) send(pid, signal)
      await until(() => left.every((pid) => !isAlive(pid)), 'everything to be dead')
    }
    await daemon.powerCut()
    await daemon.start()
    await naru.up()
  }
})

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
