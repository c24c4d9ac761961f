import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository, until } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.create()
  const listen = ['--http', `127.0.0.1:${naru.http}`, '--api', `127.0.0.1:${naru.api}`]
  const up = await naru.cli(['up', '--builds', '1', ...listen])
  if (up.code !== 0) throw new Error(up.output)
})
afterAll(() => naru.close())

const inFolderOf =
  ({ folder }: Repository) =>
  (...args: string[]) =>
    naru.cli(args, { folder })

const slowly = (marker: string) =>
  webApp({ says: 'slow', more: `build:\n  command: echo ${marker} begins; sleep 120\n` })

describe('naru builds cancel', () => {
  it('ends a build that runs, with all that it started, and tells the pusher who did it', async () => {
    const app = await naru.repository('running', webApp({ says: 'one' }))
    const type = inFolderOf(app)
    expect((await app.push()).code).toBe(0)
    await app.commit(slowly('first'))
    const push = app.pushing()
    await push.said('first begins')

    const cancelled = await type('builds', 'cancel', '2')

    expect(cancelled.stdout).toBe('build 2 is cancelled; what serves keeps serving\n')
    const { code, output } = await push.ended
    expect(code).not.toBe(0)
    expect(output).toContain('build 2 was cancelled by owner, so there is no release of it')
    expect((await naru.visit('running')).body).toBe('one')
    expect((await type('builds')).stdout).toMatch(/2 +production +cancelled/)
    const again = await type('builds', 'cancel', '2')
    expect([again.code, again.stderr]).toEqual([
      7,
      expect.stringContaining('build 2 of running is over: it was cancelled'),
    ])
    expect((await type('builds', 'cancel', '77')).code).toBe(4)
    expect((await app.deploy(webApp({ says: 'two' }))).code).toBe(0)
  })

  it('ends a build that waits; the queue shows how many come before', async () => {
    const [one, two, three] = await Promise.all(
      ['one', 'two', 'three'].map((name) => naru.repository(`queue-${name}`, slowly(name))),
    )
    if (one === undefined || two === undefined || three === undefined) throw new Error('no apps')
    const first = one.pushing()
    await first.said('one begins')
    const second = two.pushing()
    const queued = async (app: string) => (await naru.client.builds(app))[0]?.status === 'queued'
    await until(() => queued('queue-two'), 'the second to be queued')
    const third = three.pushing()
    await until(() => queued('queue-three'), 'the third to be queued')

    expect((await inFolderOf(two)('builds')).stdout).toContain('queued (next)')
    expect((await inFolderOf(three)('builds')).stdout).toContain('queued (1 before it)')
    await third.said('waiting for its turn: 1 build that waits and those that run come first')
    await inFolderOf(two)('builds', 'cancel', '1')
    expect((await second.ended).output).toContain('build 1 was cancelled by owner')
    expect((await inFolderOf(three)('builds')).stdout).toContain('queued (next)')
    await inFolderOf(one)('builds', 'cancel', '1')
    await third.said('three begins')
    await inFolderOf(three)('builds', 'cancel', '1')
    await Promise.all([first.ended, third.ended])
  })
})

it('a person who goes back ends what had been pushed before, and the push is told', async () => {
  const app = await naru.repository('goes-back', webApp({ says: 'one' }))
  await app.push()
  expect((await app.deploy(webApp({ says: 'two' }))).code).toBe(0)
  await app.commit(slowly('third'))
  const push = app.pushing()
  await push.said('third begins')

  expect((await inFolderOf(app)('rollback')).code).toBe(0)

  const { code, output } = await push.ended
  expect(code).not.toBe(0)
  expect(output).toContain('build 3 was given up, since owner went back to v1 meanwhile')
  expect((await naru.visit('goes-back')).body).toBe('one')
})

it('naru up refuses a number of builds that is none', async () => {
  const other = await Naru.create()
  const listen = ['--http', `127.0.0.1:${other.http}`, '--api', `127.0.0.1:${other.api}`]
  const up = await other.cli(['up', '--builds', 'many', ...listen])
  expect([up.code, up.stderr]).toEqual([
    2,
    expect.stringContaining('"many" is no number of builds'),
  ])
  await other.close()
})
