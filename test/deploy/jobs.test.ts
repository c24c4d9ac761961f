import { describe, expect, it } from 'vitest'
import { jobDesk, jobProblem, runJob } from '../../src/deploy/jobs.ts'
import type { JobEnd } from '../../src/engine/engine.ts'
import { listJobRuns } from '../../src/store/jobs.ts'
import { requireRelease } from '../../src/store/releases.ts'
import { oneService, place, type Rig, rig, succeeded, until } from './rig.ts'

/** A server with v1 stable, which has two jobs. */
async function served(): Promise<Rig> {
  const it = await rig()
  it.spec.text = `${oneService}jobs:
  report: { command: node report.js, when: by-hand }
  seed: { command: node seed.js, when: by-hand, timeout: 5s }
`
  await it.push('c1')
  await until(async () => expect(await it.stable()).toBe(1))
  return it
}

const runs = async ({ store }: Rig) =>
  (await listJobRuns(store.db, place, 10)).map(({ number, job, status }) => ({
    number,
    job,
    status,
  }))
const failed: JobEnd = { ...succeeded, code: 3 }
const held = () => {
  let end: (how: JobEnd) => void = () => {}
  const ended = new Promise<JobEnd>((resolve) => {
    end = resolve
  })
  return { ended, end }
}

describe('a job of a release', () => {
  it('that has succeeded is not run again', async () => {
    const { engine, parts } = await served()
    expect(await runJob(parts, place, 1, 'seed', 'ada')).toEqual({ ...succeeded, run: 1 })
    expect(await runJob(parts, place, 1, 'seed', 'ada')).toEqual({ ...succeeded, run: 1 })
    expect(engine.ran).toEqual(['seed@v1'])
  })

  it('that has failed is run again, under the next number', async () => {
    const it = await served()
    it.engine.onRun = async () => failed
    expect(await runJob(it.parts, place, 1, 'seed', 'ada')).toEqual({ ...failed, run: 1 })
    it.engine.onRun = async () => succeeded
    expect(await runJob(it.parts, place, 1, 'seed', 'ada')).toEqual({ ...succeeded, run: 2 })
    expect(await runs(it)).toEqual([
      { number: 2, job: 'seed', status: 'succeeded' },
      { number: 1, job: 'seed', status: 'failed' },
    ])
  })

  it('that has failed is not run again for the deployment that began it, as after a crash', async () => {
    const it = await served()
    it.engine.onRun = async () => failed
    const about = { deployment: 7 }
    expect(await runJob(it.parts, place, 1, 'seed', 'ada', about)).toEqual({ ...failed, run: 1 })
    it.engine.onRun = async () => succeeded
    expect(await runJob(it.parts, place, 1, 'seed', 'ada', about)).toEqual({ ...failed, run: 1 })
    expect(it.engine.ran).toEqual(['seed@v1'])
  })

  it('that is under way is waited for, whoever began it, and told of once', async () => {
    const it = await served()
    const { ended, end } = held()
    it.engine.onRun = () => ended
    const both = [1, 2].map(() => runJob(it.parts, place, 1, 'seed', 'ada', { deployment: 7 }))
    await until(async () => expect(await runs(it)).toHaveLength(1))
    end(succeeded)
    expect(await Promise.all(both)).toEqual([1, 1].map((run) => ({ ...succeeded, run })))
    const told = (await it.events()).filter(({ kind }) => kind.startsWith('job.'))
    expect(told.map(({ kind, data }) => ({ kind, data }))).toMatchObject([
      { kind: 'job.started', data: { run: 1, job: 'seed', by: 'ada', deployment: 7 } },
      { kind: 'job.ended', data: { run: 1, status: 'succeeded', deployment: 7 } },
    ])
  })

  it('goes on when its server lets go of it, and the next one keeps how it ended', async () => {
    const it = await served()
    it.engine.onRun = async () => {
      throw new Error('the engine was closed')
    }
    await expect(runJob(it.parts, place, 1, 'seed', 'ada')).rejects.toThrow('the engine was closed')
    expect(await runs(it)).toEqual([{ number: 1, job: 'seed', status: 'running' }])
    it.engine.onRun = async () => failed
    await jobDesk(it.parts).adopt()
    await until(async () =>
      expect(await runs(it)).toEqual([{ number: 1, job: 'seed', status: 'failed' }]),
    )
  })

  it('says why a release does not start, by how it ended', async () => {
    const { parts, store } = await served()
    const release = await requireRelease(store.db, place, 1)
    const why = (end: Partial<JobEnd>) =>
      jobProblem(release, 'seed', { ...succeeded, run: 4, ...end })
    expect(why({})).toBeNull()
    expect(why({ code: 3 })).toMatchObject({ code: 'job.failed', facts: { exitCode: 3, run: 4 } })
    expect(why({ code: null })).toMatchObject({ code: 'job.failed', facts: { exitCode: null } })
    expect(why({ code: null, timedOut: true })).toEqual({
      code: 'job.timed-out',
      facts: { environment: 'production', release: 1, job: 'seed', run: 4, seconds: 5 },
    })
    expect(why({ code: 0, cancelled: true })).toMatchObject({ code: 'job.cancelled' })
    await expect(runJob(parts, place, 1, 'nope', 'ada')).rejects.toMatchObject({
      code: 'job.unknown',
      facts: { jobs: ['report', 'seed'] },
    })
  })
})

describe('a job that a person asks for', () => {
  it('is run each time, and waited for by whoever wants to know', async () => {
    const it = await served()
    const desk = jobDesk(it.parts)
    const open = new AbortController().signal
    const first = await desk.start(place, 'report', 'ada')
    expect(await desk.ended(place, first.number, open)).toMatchObject({ status: 'succeeded' })
    const { ended, end } = held()
    it.engine.onRun = () => ended
    const second = await desk.start(place, 'report', 'ada')
    const waited = desk.ended(place, second.number, open)
    end({ ...succeeded, code: null, timedOut: true })
    expect(await waited).toMatchObject({ number: 2, status: 'timed_out', deployment: null })
  })

  it('is refused where nothing serves, where there is none of that name, and where it is over', async () => {
    const it = await rig()
    const desk = jobDesk(it.parts)
    await expect(desk.start(place, 'report', 'ada')).rejects.toMatchObject({
      code: 'run.no-release',
    })
    const other = await served()
    const others = jobDesk(other.parts)
    await expect(others.start(place, 'reports', 'ada')).rejects.toMatchObject({
      code: 'job.unknown',
    })
    await runJob(other.parts, place, 1, 'seed', 'ada')
    await expect(others.cancel(place, 1)).rejects.toMatchObject({ code: 'run.over' })
    await expect(others.cancel(place, 2)).rejects.toMatchObject({ code: 'run.unknown' })
  })
})
