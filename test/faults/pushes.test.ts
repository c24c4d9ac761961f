import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Status } from '../../src/model/rollout.ts'
import { steadyWorker, webApp } from '../support/apps.ts'
import { commandOf, Naru, processesOf, until } from '../support/naru.ts'
import { outOfReach } from './router-of.ts'
import { Subject } from './subject.ts'

/** A push comes while another is under way, and a job before the rollout dies: what serves is never lost. */

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const release = (number: number, more: object = {}) =>
  webApp({ says: `v${number}`, worker: steadyWorker, ...more })

/** Keeps a deployment in the status that it has reached while it lasts. */
const holding: Partial<
  Record<Status, (subject: Subject, act: () => Promise<void>) => Promise<void>>
> = {
  shifting: (_, act) => outOfReach(naru, act),
  promoting: async (_, act) => act(),
  aborting: async (subject, act) => {
    await subject.abort(2)
    await act()
  },
}

describe('a push that comes', () => {
  it.each([
    ['starting', { healthyFor: '5s' }, 'superseded', ['v1', 'v3']],
    ['shifting', { healthyFor: '1s' }, 'succeeded', ['v1', 'v2', 'v3']],
    ['baking', { settle: '4s' }, 'succeeded', ['v1', 'v2', 'v3']],
    ['promoting', {}, 'succeeded', ['v1', 'v2', 'v3']],
    [
      'aborting',
      {
        settle: '20s',
        webFirst: `process.on('SIGTERM', () => setTimeout(() => process.exit(0), 1500))`,
      },
      'rolled_back',
      ['v1', 'v2', 'v1', 'v3'],
    ],
  ] as const)(
    'while another is %s waits for its turn, and no visitor is lost',
    async (status, more, ends, seen) => {
      const it = await Subject.serving(naru, `while-${status}`, release(1))
      const lock = join(naru.data, 'git', `${it.app}.git`, 'refs/heads/main.lock')
      if (status === 'promoting') writeFileSync(lock, '')
      const visitors = await it.underLoad(async () => {
        const { pushed, begun } = it.deployAndLook(
          release(2, more),
          status === 'aborting' ? 'baking' : status === 'shifting' ? 'starting' : status,
        )
        await begun
        let newer: Promise<unknown> = Promise.resolve()
        const push = async () => {
          if (status !== 'starting') await it.reaches(status)
          newer = it.repository
            .deploy(release(3))
            .then(({ output }) => expect(output).toContain('live at'))
          await until(async () => (await it.deployments()).length === 3, 'the newer one to wait')
        }
        await (holding[status] ?? ((_, act) => act()))(it, push)
        rmSync(lock, { force: true })
        const { code, output } = await pushed
        expect(code).toBe(ends === 'succeeded' ? 0 : 1)
        if (ends === 'superseded') expect(output).toContain('superseded by build 3')
        await newer
        await it.serves(3)
      })
      expect(visitors.failures).toEqual([])
      expect(visitors.seen).toEqual([...new Set(seen)])
      const [newest, older] = await it.deployments()
      expect([older?.status, newest?.status]).toEqual([ends, 'succeeded'])
      expect((await it.instances('worker')).map((one) => one.release)).toEqual([3])
    },
  )
})

describe('a job before the rollout', () => {
  const job = (command: string) => ({
    more: `jobs:\n  migrate: { command: '${command}', when: before-rollout }\n`,
  })

  it('that fails, or is killed half-way, changes nothing that serves, and says which it was', async () => {
    const it = await Subject.serving(naru, 'jobs', release(1))
    const visitors = await it.underLoad(async () => {
      const failed = await it.repository.deploy(release(2, job('echo no such table; exit 3')))
      expect(failed.code).toBe(1)
      expect(failed.output).toContain('migrate')
      expect(failed.output).toContain('no such table')
      expect(await it.newest()).toMatchObject({ status: 'failed' })

      const killed = await it.deployThen(
        release(3, job('echo half > $HOME/half; exec sleep 603')),
        'preparing',
        async () => {
          await until(() => runs(half).length > 0, 'the job to be half-way')
          for (const pid of runs(half)) process.kill(pid, 'SIGKILL')
        },
      )
      expect(killed.code).toBe(1)
      expect(killed.output).toContain('migrate')
      expect(killed.output).toContain('SIGKILL')
      expect(await it.newest()).toMatchObject({ status: 'failed' })
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v1'] })
  })

  it('runs once to success, however often its release is deployed', async () => {
    const it = await Subject.serving(naru, 'once', release(1))
    const two = release(2, job('echo done >> $HOME/done'))
    expect((await it.repository.deploy(two)).output).toContain('live at')
    expect((await naru.cli(['rollback', '--app', it.app])).code).toBe(0)
    expect((await naru.cli(['rollback', 'v2', '--app', it.app])).code).toBe(0)
    await it.serves(2)
    const notes = join(naru.data, 'apps', it.app, 'home/production/done')
    expect(readFileSync(notes, 'utf8')).toBe('done\n')
  })
})

/** What the job is when it is half-way. */
const half = 'sleep\u0000603'

const runs = (command: string): number[] =>
  processesOf(naru.data).filter((pid) => commandOf(pid).startsWith(command))
