import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { steadyWorker, webApp } from '../support/apps.ts'
import { Naru, type Repository, until } from '../support/naru.ts'
import { Visitors } from '../support/visitor.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const inFolderOf =
  ({ folder }: Repository) =>
  (...args: string[]) =>
    naru.cli(args, { folder })

/** "web web worker": what runs and is healthy of the release. */
async function running(app: string, release: number): Promise<string> {
  const instances = await naru.client.instances(naru.place(app))
  return instances
    .filter((one) => one.release === release && one.health === 'healthy')
    .map(({ service }) => service)
    .sort()
    .join(' ')
}

const runs = (app: string, release: number, services: string) =>
  until(async () => (await running(app, release)) === services, `${services} of ${app}`)

describe('naru scale', () => {
  it('adds and takes away instances at once, and no visitor notices', async () => {
    const app = await naru.repository('shop', webApp({ says: 'one', worker: steadyWorker }))
    const type = inFolderOf(app)
    expect((await app.push()).code).toBe(0)
    expect((await type('scale')).stdout).toMatch(/web +1 +naru\.yaml\nworker +1 +naru\.yaml/)
    const visitors = new Visitors(naru.http, 'shop.localhost')

    const scaled = await type('scale', 'web=3', 'worker=2')
    expect(scaled.stdout).toMatch(/web +3 +naru scale\nworker +2 +naru scale/)
    await runs('shop', 1, 'web web web worker worker')
    await type('scale', 'web=1', 'worker=0')
    await runs('shop', 1, 'web')

    await visitors.stop()
    expect(visitors.failures).toEqual([])
    expect(visitors.seen).toEqual(['one'])
  })

  it('counts for every later release, and can be given back to naru.yaml', async () => {
    const app = await naru.repository('later', webApp({ says: 'one' }))
    const type = inFolderOf(app)
    await app.push()
    await type('scale', 'web=2')
    await runs('later', 1, 'web web')

    expect((await app.deploy({ 'note.txt': 'more' })).code).toBe(0)
    await runs('later', 2, 'web web')
    expect((await type('rollback')).code).toBe(0)
    await runs('later', 1, 'web web')
    expect((await type('scale', '--reset', 'web')).stdout).toMatch(/web +1 +naru\.yaml/)
    await runs('later', 1, 'web')
  })

  it('leaves visitors with nobody only when that is said twice, and comes back', async () => {
    const app = await naru.repository('asleep', webApp({ says: 'one' }))
    const type = inFolderOf(app)
    await app.push()

    const refused = await type('scale', 'web=0')
    expect(refused.code).toBe(7)
    expect(refused.stderr).toContain('with 0 instances every visitor is turned away')
    expect(refused.stderr).toContain(
      '→ naru scale web=0 --env production --app asleep --confirm asleep',
    )
    expect(await running('asleep', 1)).toBe('web')

    await type('scale', 'web=0', '--confirm', 'asleep')
    await runs('asleep', 1, '')
    expect((await naru.visit('asleep')).status).toBe(503)
    expect((await app.deploy({ 'note.txt': 'more' })).code).toBe(0)
    await type('scale', 'web=1')
    await runs('asleep', 2, 'web')
    await until(async () => (await naru.visit('asleep')).body === 'one', 'it to answer again')
  })

  it('refuses what is no service and no number, in words', async () => {
    const app = await naru.repository('odd', webApp({ says: 'one' }))
    const type = inFolderOf(app)
    expect((await type('scale', 'web=2')).stderr).toContain('it has no release yet')
    await app.push()

    const unknown = await type('scale', 'web=2', 'wroker=1')
    expect([unknown.code, unknown.stderr]).toEqual([
      4,
      expect.stringContaining('no service "wroker", so nothing changed; it has web'),
    ])
    for (const bad of ['web', 'web=', 'web=-1', 'web=1.5', 'web=51', '=3', 'Web=1'])
      expect([bad, (await type('scale', bad)).code]).toEqual([bad, 2])
    expect((await type('scale')).stdout).toMatch(/web +1 +naru\.yaml/)
  })
})
