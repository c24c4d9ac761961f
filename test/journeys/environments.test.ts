import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository, until } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

/** What somebody types in the folder of an app. */
const inFolderOf =
  ({ folder }: Repository) =>
  (...args: string[]) =>
    naru.cli(args, { folder })

const server = (says: string) => webApp({ says })['server.js'] ?? ''

/** Answers with a setting, so that it shows whose it got. */
const tellsGreeting = {
  ...webApp({ says: '' }),
  'server.js': `const server = require('node:http').createServer((_, response) => response.end(process.env.GREETING ?? 'no greeting'))
server.listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`,
}

describe('an environment of its own', () => {
  it('is made, pushed to by its branch, and leaves production alone', async () => {
    const shop = await naru.repository('shop', webApp({ says: 'one' }))
    const type = inFolderOf(shop)
    expect((await shop.push()).code).toBe(0)

    const made = await type('env', 'create', 'staging', '--branch', 'develop')
    expect(made.stdout).toContain('Next: git push naru develop')
    expect(made.code).toBe(0)
    await naru.git(['checkout', '-q', '-b', 'develop'], shop.folder)
    await shop.commit({ 'server.js': server('two') })
    const pushed = await shop.push('develop')

    expect(pushed.output).toMatch(/remote: build 2 of [0-9a-f]{7} for staging: A change/)
    expect(pushed.output).toContain('live at http://shop-staging.localhost')
    expect(pushed.code).toBe(0)
    expect((await naru.visit('shop-staging')).body).toBe('two')
    expect((await naru.visit('shop')).body).toBe('one')
    const status = await type('status', '--env', 'staging')
    expect(status.stdout).toMatch(/^shop \(staging\)\n.*address +http:\/\/shop-staging\.localhost/)
    expect(status.stdout).toMatch(/serving +v1/)
    const listed = await type('env', 'list')
    expect(listed.stdout).toMatch(/production +main +v1 +http:\/\/shop\.localhost/)
    expect(listed.stdout).toMatch(/staging +develop +v1 +http:\/\/shop-staging\.localhost/)
    expect((await shop.push('develop')).output).toContain('Everything up-to-date')
  })

  it('is named in every hint, with its own branch, so that nobody is sent to production', async () => {
    const app = await naru.repository('hinted', webApp({ says: 'one', more: 'secrets: [KEY]\n' }))
    const type = inFolderOf(app)
    await type('env', 'create', 'qa', '--branch', 'develop')
    const inQa = (...args: string[]) => type(...args, '--env', 'qa')

    for (const empty of ['status', 'releases', 'deployments', 'scale'])
      expect((await inQa(empty)).stdout).toContain('git push naru develop')
    const refused: [string[], string][] = [
      [['rollback', 'v9'], 'naru releases --app hinted --env qa'],
      [['deployments', 'show', '9'], 'naru deployments --app hinted --env qa'],
      [['settings', 'unset', 'COLOUR'], 'naru settings list --app hinted --env qa'],
      [['secret', 'unset', 'KEY'], 'naru secret list --app hinted --env qa'],
      [['jobs', 'show', '9'], 'naru jobs --app hinted --env qa'],
      [['run', '--', 'true'], 'naru status --app hinted --env qa'],
    ]
    for (const [args, hint] of refused) {
      const ran = await type(args[0] ?? '', '--env', 'qa', ...args.slice(1))
      expect([args, ran.stderr]).toEqual([args, expect.stringContaining(`→ ${hint}\n`)])
    }
    const hint = '→ naru secret set KEY --app hinted --env qa'
    for (const LC_ALL of ['C.UTF-8', 'ko_KR.UTF-8'])
      expect(
        (await naru.cli(['deploy', '--env', 'qa'], { folder: app.folder, environment: { LC_ALL } }))
          .stderr,
      ).toContain(hint)
  })

  it('has settings of its own, begun with those of another', async () => {
    const app = await naru.repository('greeter', tellsGreeting)
    const type = inFolderOf(app)
    await type('settings', 'set', 'GREETING=hello', '--no-deploy')
    await type('env', 'create', 'staging', '--from', 'production')
    await app.push('main')
    await app.push('main:staging')
    expect((await naru.visit('greeter-staging')).body).toBe('hello')

    const changed = await type('settings', 'set', 'GREETING=moin', '--env', 'staging')

    expect(changed.code).toBe(0)
    expect((await naru.visit('greeter-staging')).body).toBe('moin')
    expect((await naru.visit('greeter')).body).toBe('hello')
    const environment = { NARU_ENVIRONMENT: 'staging' }
    const named = await naru.cli(['settings'], { folder: app.folder, environment })
    expect(named.stdout).toBe('GREETING=moin\n')
  })

  it('is destroyed with everything of its own, and begins anew under the same name', async () => {
    const app = await naru.repository('passing', webApp({ says: 'one' }))
    const type = inFolderOf(app)
    await type('env', 'create', 'trial')
    await type('settings', 'set', 'A=1', '--env', 'trial', '--no-deploy')
    expect((await app.push('main:trial')).code).toBe(0)

    const unconfirmed = await type('env', 'destroy', 'trial')
    expect(unconfirmed.code).toBe(2)
    expect(unconfirmed.stderr).toContain('naru env destroy trial --app passing --confirm trial')
    const wrong = await type('env', 'destroy', 'trial', '--confirm', 'passing')
    expect(wrong.stderr).toContain('the environment is called "trial"')
    expect((await naru.visit('passing-trial')).body).toBe('one')

    const whole = await type('destroy', '--env', 'trial', '--confirm', 'passing')
    expect([whole.code, whole.stderr]).toEqual([
      2,
      expect.stringContaining('this removes all of passing, and trial is one environment of it'),
    ])

    const gone = await type('env', 'destroy', 'trial', '--confirm', 'trial')
    expect(gone.stdout).toContain('trial of passing is gone')
    expect((await naru.visit('passing-trial')).status).toBe(404)
    const status = await type('status', '--env', 'trial')
    expect([status.code, status.stderr]).toEqual([4, expect.stringContaining('naru env list')])
    expect(
      (await type('env', 'destroy', 'production', '--confirm', 'production')).stderr,
    ).toContain('naru destroy --app passing removes the whole app')

    await type('env', 'create', 'trial')
    expect((await type('settings', '--env', 'trial')).stdout).toContain('no settings')
    expect((await type('builds')).stdout).toMatch(/1 +trial +succeeded/)
    const again = await app.push('main:trial')
    expect(again.output).toContain('build 2 of')
    expect(again.output).toContain('release v1')
    expect(again.code).toBe(0)
  })
})

describe('a branch that is pushed', () => {
  it('and that no environment deploys is answered with what does, and what to type', async () => {
    const app = await naru.repository('strict', webApp({ says: 'one' }))
    await inFolderOf(app)('env', 'create', 'staging')

    const feature = await app.push('main:feature')
    expect(feature.code).not.toBe(0)
    expect(feature.output).toContain(
      'no environment of strict deploys the branch "feature": production deploys main and staging deploys staging',
    )
    expect(feature.output).toContain('naru env create feature')
    const master = await app.push('main:master')
    expect(master.output).toContain('git push naru master:main')
    expect((await app.push('main')).code).toBe(0)
  })

  it('goes where naru.yaml says, whatever was said before', async () => {
    const more = 'environments:\n  staging: { branch: next }\n  later: { branch: soon }\n'
    const app = await naru.repository('named', webApp({ says: 'one', more }))
    const type = inFolderOf(app)
    await type('env', 'create', 'staging', '--branch', 'other')

    expect((await app.push('main:soon')).output).toContain('naru env create later')
    expect((await app.push('main:other')).code).not.toBe(0)
    expect((await app.push('main:next')).output).toContain('for staging')

    const taken = await type('env', 'create', 'twin', '--branch', 'next')
    expect([taken.code, taken.stderr]).toEqual([
      7,
      expect.stringContaining('2 environments of named deploy the branch "next": staging and twin'),
    ])
    await type('env', 'create', 'twin')
    await app.commit({
      'naru.yaml': (webApp({ says: 'two', more })['naru.yaml'] ?? '').replace('next', 'twin'),
    })
    const both = await app.push('main:twin')
    expect(both.code).not.toBe(0)
    expect(both.output).toContain('2 environments of named deploy the branch "twin"')
  })
})

describe('a host that two environments claim', () => {
  const claims = (says: string, slow = '') =>
    webApp({
      says,
      more: `routes:\n  - { host: www.example.com, service: web }\n${slow}`,
    })

  it('is refused to the second, before anything is built', async () => {
    const app = await naru.repository('first-claim', claims('one'))
    expect((await app.push()).code).toBe(0)
    const type = inFolderOf(app)
    await type('env', 'create', 'staging')

    const second = await app.push('main:staging')
    expect(second.code).not.toBe(0)
    expect(second.output).toContain('the host www.example.com belongs to first-claim (production)')
    expect((await type('builds')).stdout).not.toContain('staging')
  })

  it('and by a build that is under way, too', async () => {
    const more = 'build:\n  command: sleep 60\n'
    const app = await naru.repository('building', {
      ...claims('one', more),
      'naru.yaml': (claims('one', more)['naru.yaml'] ?? '').replaceAll('www.', 'slow.'),
    })
    const first = app.pushing()
    await first.said('sleep 60')
    const other = await naru.repository('second-claim', {
      ...claims('two'),
      'naru.yaml': (claims('two')['naru.yaml'] ?? '').replaceAll('www.', 'slow.'),
    })

    const refused = await other.push()
    expect(refused.code).not.toBe(0)
    expect(refused.output).toContain('the host slow.example.com belongs to building (production)')
    await inFolderOf(app)('builds', 'cancel', '1')
    expect((await first.ended).code).not.toBe(0)
    expect((await other.push()).code).toBe(0)
  })

  it('is refused to an app or environment whose name makes it', async () => {
    await naru.repository('twin-b', webApp({ says: 'one' }))
    const app = await naru.repository('twin', webApp({ says: 'one' }))
    const taken = await inFolderOf(app)('env', 'create', 'b')
    expect(taken.code).toBe(7)
    expect(taken.stderr).toContain('the host twin-b.localhost belongs to twin-b (production)')
  })
})

it('what is pushed to an app while it is destroyed is refused in words', async () => {
  const app = await naru.repository('leaving', webApp({ says: 'one' }))
  await app.push()
  const destroying = naru.cli(['destroy', '--app', 'leaving', '--confirm', 'leaving'])
  const outputs: string[] = []
  await until(async () => {
    await app.commit({ 'note.txt': String(outputs.length) })
    const { code, output } = await app.push()
    outputs.push(output)
    return code !== 0 && output.includes('there is no app')
  }, 'the app to be gone')
  expect((await destroying).code).toBe(0)
  expect(outputs.filter((output) => /naru\.broken|FOREIGN KEY|git failed/.test(output))).toEqual([])
})

describe('branches that git cannot have beside each other', () => {
  it('are refused in words, when an environment is made and when naru.yaml names them', async () => {
    const app = await naru.repository('nested', webApp({ says: 'one' }))
    const type = inFolderOf(app)
    expect((await type('env', 'create', 'staging', '--branch', 'release')).code).toBe(0)
    const beside = await type('env', 'create', 'next', '--branch', 'release/x')
    expect([beside.code, beside.stderr]).toEqual([
      7,
      expect.stringContaining(
        'staging of nested deploys the branch "release", and git cannot have "release/x"',
      ),
    ])
    await type('env', 'create', 'next', '--branch', 'other')
    const named = 'environments:\n  next: { branch: release/x }\n'
    await app.commit(webApp({ says: 'two', more: named }))

    const pushed = await app.push('main:release/x')

    expect(pushed.code).not.toBe(0)
    expect(pushed.output).toContain('(branch.nested)')
    expect((await app.push('main')).code).toBe(0)
    await app.commit(webApp({ says: 'three' }))
    expect((await app.push('main:release')).code).toBe(0)
  })

  it('of one environment, one after the other, follow what serves', async () => {
    const app = await naru.repository('renamed', webApp({ says: 'one' }))
    await inFolderOf(app)('env', 'create', 'staging', '--branch', 'release')
    expect((await app.push('main:release')).code).toBe(0)
    await app.commit(
      webApp({ says: 'two', more: 'environments:\n  staging: { branch: release/x }\n' }),
    )

    const pushed = await app.push('main:release/x')

    expect([pushed.code, pushed.output]).toEqual([0, expect.stringContaining('v2 is stable')])
    expect((await app.push('main:release/x')).output).toContain('Everything up-to-date')
  })
})
