import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Status } from '../../src/model/rollout.ts'
import { steadyWorker, webApp } from '../support/apps.ts'
import { isAlive, Naru, processesOf, until } from '../support/naru.ts'
import { Subject } from './subject.ts'

/** The machine goes down at once and starts again: no process is left, and each number may be anybody's. */

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const release = (number: number, more: object = {}) =>
  webApp({ says: `v${number}`, worker: steadyWorker, ...more })

const job = `jobs:\n  migrate: { command: 'echo began >> $HOME/job; sleep 600', when: before-rollout }\n`
/** Ends slowly, so that going back takes a while. */
const slowToEnd = {
  webFirst: `process.on('SIGTERM', () => setTimeout(() => process.exit(0), 1500))`,
}

describe('a machine that starts again', () => {
  it('has everything back as it was, and takes none of it for a failure', async () => {
    const two = await Subject.serving(naru, 'two', release(1, { replicas: 2 }))
    const rolling = await Subject.serving(
      naru,
      'rolling',
      release(1, { more: 'strategy: rolling\n' }),
    )
    expect((await two.repository.deploy(release(2, { replicas: 2 }))).output).toContain('live at')

    await restart()

    await two.serves(2)
    await rolling.serves(1)
    await until(async () => {
      const all = [
        ...(await two.instances()),
        ...(await two.instances('worker')),
        ...(await rolling.instances()),
      ]
      return all.every(({ health }) => health === 'healthy')
    }, 'all to be healthy')
    // The warm release as well: going back is a flip still.
    expect((await two.instances()).map((one) => one.release).sort()).toEqual([1, 1, 2, 2])
    expect((await two.instances('worker')).map((one) => one.release)).toEqual([2])
    expect((await two.instances()).map(({ restarts }) => restarts)).toEqual([0, 0, 0, 0])
    expect(await two.deployments()).toHaveLength(2)
    expect((await two.repository.deploy(release(3))).output).toContain('live at')
  })

  const rows: [Status, string, Row][] = [
    [
      'preparing',
      'while a job of it runs fails, since nobody knows what the job did',
      { more: job, ends: 'failed' },
    ],
    ['starting', 'while it starts goes on and succeeds', { healthyFor: '2s', ends: 'succeeded' }],
    ['baking', 'while it is watched goes on and succeeds', { settle: '4s', ends: 'succeeded' }],
    ['promoting', 'while it becomes stable is stable', { ends: 'succeeded', held: true }],
    [
      'aborting',
      'while it goes back goes back',
      { ...slowToEnd, settle: '30s', ends: 'rolled_back' },
    ],
  ]
  it.each(rows)(
    'in the middle of a deployment (%s) that %s',
    async (status, _, { ends, held, ...more }) => {
      const it = await Subject.serving(naru, `mid-${status}`, release(1))
      const lock = join(naru.data, 'git', `${it.app}.git`, 'refs/heads/main.lock')
      if (held) writeFileSync(lock, '')
      const aborts = status === 'aborting'
      const { pushed, begun } = it.deployAndLook(release(2, more), aborts ? 'baking' : status)
      await begun
      if (aborts) await it.abort(2)
      if (status === 'preparing') await until(() => existsSync(jobNotes(it)), 'the job to begin')

      await restart()
      await pushed

      await until(
        () => it.isOver(),
        () => `the deployment to end\n${naru.log()}`,
      )
      expect((await it.newest())?.status).toBe(ends)
      const serving = ends === 'succeeded' ? 2 : 1
      await it.serves(serving)
      await until(async () => {
        const workers = await it.instances('worker')
        return workers.length === 1 && workers[0]?.release === serving
      }, `one worker, of v${serving}`)
      // Never half of the traffic here and half there.
      const answers = await Promise.all(Array.from({ length: 20 }, () => naru.visit(it.app)))
      expect(new Set(answers.map(({ body }) => body))).toEqual(new Set([`v${serving}`]))
      if (status === 'preparing') expect(readFileSync(jobNotes(it), 'utf8')).toBe('began\n')
    },
  )
})

type Row = { ends: Status; held?: boolean; more?: string; healthyFor?: string; settle?: string }

const jobNotes = ({ app }: Subject): string => join(naru.data, 'apps', app, 'home/production/job')

/** Everything is killed at once, what is kept on the disk is of another boot, and Naru is started. */
async function restart(): Promise<void> {
  for (let left = processesOf(naru.data); left.length > 0; left = processesOf(naru.data)) {
    // All are stopped first, so that none sees another die and acts on it.
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of left) send(pid, signal)
    await until(() => left.every((pid) => !isAlive(pid)), 'everything to be dead')
  }
  for (const kind of ['instances', 'jobs'])
    for (const id of readdirSync(join(naru.data, 'engine', kind))) {
      const file = join(naru.data, 'engine', kind, id, 'record.json')
      if (!existsSync(file)) continue // It was being made.
      const record = JSON.parse(readFileSync(file, 'utf8')) as object
      writeFileSync(file, JSON.stringify({ ...record, boot: 'another' }))
    }
  await naru.up()
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
