import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const inFolderOf =
  ({ folder }: Repository) =>
  (...args: string[]) =>
    naru.cli(args, { folder })

describe('what serves in staging', () => {
  it('is released in production from the same artifact, with the settings of production', async () => {
    const says = `' + process.env.PLACE + '`
    const files = {
      ...webApp({ says: '' }),
      'server.js': (webApp({ says: 'X' })['server.js'] ?? '').replace('"X"', `'in ${says}'`),
    }
    const shop = await naru.repository('shop', files)
    const type = inFolderOf(shop)
    await type('env', 'create', 'staging')
    await type('settings', 'set', 'PLACE=staging', '--env', 'staging', '--no-deploy')
    await type('settings', 'set', 'PLACE=production', '--no-deploy')
    expect((await shop.push('main:staging')).code).toBe(0)
    expect((await naru.visit('shop')).status).not.toBe(200)

    const promoted = await type('promote', 'staging')

    expect(promoted.stderr).toContain('live at http://shop.localhost')
    expect(promoted.code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('in production')
    expect((await naru.visit('shop-staging')).body).toBe('in staging')
    const [there] = await naru.client.releases({ app: 'shop', environment: 'staging' })
    const [here] = await naru.client.releases({ app: 'shop', environment: 'production' })
    expect(here).toMatchObject({
      reason: 'promotion',
      promotedFrom: { environment: 'staging', release: 1 },
      artifact: there?.artifact,
      commit: there?.commit,
      by: 'owner',
    })
    expect((await type('releases')).stdout).toContain('promotion (staging v1)')
    expect(await naru.client.builds('shop')).toHaveLength(1)
    const pushed = await shop.push('main')
    expect([pushed.code, pushed.output]).toEqual([0, expect.stringContaining('v2 is stable')])
  })

  it('may be of a commit that its branch never gets, as after a squash: the next push goes on', async () => {
    const shop = await naru.repository('squash', webApp({ says: 'one' }))
    const type = inFolderOf(shop)
    const git = (...args: string[]) => naru.git(args, shop.folder)
    await type('env', 'create', 'staging')
    expect((await shop.push()).code).toBe(0)
    await git('checkout', '-qb', 'feature')
    await shop.commit(webApp({ says: 'half' }))
    await shop.commit(webApp({ says: 'two' }))
    expect((await shop.push('feature:staging')).code).toBe(0)
    expect((await type('promote', 'staging')).code).toBe(0)
    expect((await naru.visit('squash')).body).toBe('two')
    await git('checkout', '-q', 'main')
    await git('merge', '-q', '--squash', 'feature')
    await git('commit', '-qm', 'Both in one')

    const pushed = await shop.push()

    expect(pushed.output).toContain('v3 is stable')
    expect(pushed.output).not.toContain('fetch first')
    expect(pushed.code).toBe(0)
    await git('checkout', '-q', 'feature')
    expect((await shop.deploy(webApp({ says: 'three' }))).output).toContain('up-to-date')
    expect((await shop.push('feature:staging')).code).toBe(0)
    const [, there] = await naru.client.builds('squash')
    const again = await type('deploy', '--build', String(there?.number))
    expect(again.code).toBe(0)
    await git('checkout', '-q', 'main')
    expect((await shop.deploy(webApp({ says: 'four' }))).code).toBe(0)
    expect((await naru.visit('squash')).body).toBe('four')
  })

  it('is not promoted where a secret is missing, and is when it is set', async () => {
    const app = await naru.repository('careful', {
      ...webApp({ says: 'one', more: 'secrets: [API_KEY]\n' }),
    })
    const type = inFolderOf(app)
    await type('env', 'create', 'staging')
    const set = (...where: string[]) =>
      naru.cli(['secret', 'set', 'API_KEY', '--app', 'careful', ...where], { input: 'hush' })
    await set('--env', 'staging')
    expect((await app.push('main:staging')).code).toBe(0)

    const refused = await type('promote', 'staging', '--to', 'production')
    expect(refused.code).toBe(7)
    expect(refused.stderr).toContain('→ naru secret set API_KEY --app careful\n')

    await set()
    expect((await type('promote', 'staging', '--to', 'production')).code).toBe(0)
  })

  it('must be something: an empty environment, or the same, is answered in words', async () => {
    const app = await naru.repository('empty', webApp({ says: 'one' }))
    const type = inFolderOf(app)
    await type('env', 'create', 'staging')

    const nothing = await type('promote', 'staging')
    expect([nothing.code, nothing.stderr]).toEqual([
      7,
      expect.stringContaining('nothing is stable in staging of empty'),
    ])
    expect((await type('promote', 'production')).code).toBe(2)
    expect((await type('promote', 'nowhere')).code).toBe(4)
    const named = await naru.cli(['promote', 'staging'], {
      folder: app.folder,
      environment: { NARU_ENVIRONMENT: 'staging' },
    })
    expect(named.code).toBe(2)
    expect(named.stderr).toContain('to itself, which NARU_ENVIRONMENT makes the target')
    expect(named.stderr).toContain('→ naru promote staging --to production --app empty\n')
  })
})
