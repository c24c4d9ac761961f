import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, until } from '../support/naru.ts'
import { Visitors } from '../support/visitor.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const pids = async (app: string, release: number): Promise<(number | null)[]> =>
  (await naru.status(app)).instances
    .filter((instance) => instance.release === release)
    .map(({ pid }) => pid)

describe('a rollback', () => {
  it('is a flip to the very processes that served before, with no request lost', async () => {
    const app = await naru.repository('back', webApp({ says: 'one' }))
    await app.push()
    const before = await pids('back', 1)
    await app.deploy(webApp({ says: 'two' }))
    const visitors = new Visitors(naru.http, 'back.localhost')

    const { code, output } = await naru.cli(['rollback', '--app', 'back'])

    await visitors.stop()
    expect(code, output).toBe(0)
    expect((await naru.visit('back')).body).toBe('one')
    expect(await pids('back', 1)).toEqual(before)
    expect(visitors.failures).toEqual([])
    expect(visitors.seen).toEqual(['two', 'one'])
  })

  it('to what never was stable, to what serves, or to nothing is refused in words', async () => {
    const app = await naru.repository('no-back', webApp({ says: 'one' }))
    await app.push()

    expect((await naru.cli(['rollback', '--app', 'no-back'])).output).toContain('release.none')
    expect((await naru.cli(['rollback', 'v1', '--app', 'no-back'])).output).toContain(
      'release.serving',
    )
    expect((await naru.cli(['rollback', 'v7', '--app', 'no-back'])).output).toContain(
      'release.unknown',
    )
  })

  it('lets the rolled-back commit be pushed again', async () => {
    const app = await naru.repository('forth', webApp({ says: 'one' }))
    await app.push()
    await app.deploy(webApp({ says: 'two' }))
    await naru.cli(['rollback', '--app', 'forth'])

    const { code } = await app.push()

    expect(code).toBe(0)
    expect((await naru.visit('forth')).body).toBe('two')
  })
})

describe('changed settings and secrets', () => {
  it('are a release of their own, of the same artifact', async () => {
    const says = 'greeting'
    const files = webApp({ says, webFirst: `const hello = process.env.GREETING ?? 'none'` })
    files['server.js'] = files['server.js']?.replace(JSON.stringify(says), 'hello') ?? ''
    const app = await naru.repository('settings', files)
    await app.push()
    expect((await naru.visit('settings')).body).toBe('none')

    const set = await naru.cli(['settings', 'set', 'GREETING=hello', '--app', 'settings'])
    expect(set.code, set.output).toBe(0)
    expect((await naru.visit('settings')).body).toBe('hello')

    const secret = await naru.cli(['secret', 'set', 'GREETING', '--app', 'settings'], {
      input: 'psst',
    })
    expect(secret.code, secret.output).toBe(0)
    expect((await naru.visit('settings')).body).toBe('psst')
    expect((await naru.cli(['builds', '--app', 'settings', '--json'])).stdout).not.toContain('psst')
    expect((await naru.client.releases(naru.place('settings'))).map(({ build }) => build)).toEqual([
      1, 1, 1,
    ])
  })
})

describe('a push while another', () => {
  it('builds supersedes it, and each is told', async () => {
    const slow = { more: 'build:\n  command: sleep 20\n' }
    const app = await naru.repository('hasty', webApp({ says: 'one', ...slow }))
    const first = app.pushing()
    await first.said('sleep 20')
    await app.commit(webApp({ says: 'two' }))

    const second = await app.push()

    expect(second.code, second.output).toBe(0)
    const { code, output } = await first.ended
    expect(code).not.toBe(0)
    expect(output).toMatch(/superseded.*build 2/s)
    expect((await naru.visit('hasty')).body).toBe('two')
  })

  it('starts aborts it', async () => {
    const app = await naru.repository('starter', webApp({ says: 'one' }))
    await app.push()
    await app.commit(webApp({ says: 'two', webFirst: 'setInterval(() => {}, 1000); return' }))
    const stuck = app.pushing()
    await until(
      async () => (await naru.status('starter')).deployment?.status === 'starting',
      'the second to start',
    )
    await app.commit(webApp({ says: 'three' }))

    const third = await app.push()

    expect(third.code, third.output).toBe(0)
    expect((await stuck.ended).output).toMatch(/superseded/)
    expect((await naru.visit('starter')).body).toBe('three')
  })

  it('settles waits for it', async () => {
    const app = await naru.repository('settler', webApp({ says: 'one', settle: '3s' }))
    const first = app.pushing()
    await first.said('live at')
    await app.commit(webApp({ says: 'two' }))

    const second = await app.push()

    expect(second.code, second.output).toBe(0)
    expect((await first.ended).code).toBe(0)
    expect((await naru.visit('settler')).body).toBe('two')
  })
})

describe('an abort', () => {
  it('before traffic has moved ends the new release', async () => {
    const app = await naru.repository('stopped', webApp({ says: 'one' }))
    await app.push()
    await app.commit(webApp({ says: 'two', webFirst: 'setInterval(() => {}, 1000); return' }))
    const push = app.pushing()
    await until(
      async () => (await naru.status('stopped')).deployment?.status === 'starting',
      'the second to start',
    )

    const { code } = await naru.cli(['deployments', 'abort', '--app', 'stopped'])

    expect(code).toBe(0)
    expect((await push.ended).code).not.toBe(0)
    expect((await naru.visit('stopped')).body).toBe('one')
    await until(async () => (await pids('stopped', 2)).length === 0, 'nothing of v2 to run')
  })

  it('of what has ended says so', async () => {
    const app = await naru.repository('late', webApp({ says: 'one' }))
    await app.push()

    expect((await naru.cli(['deployments', 'abort', '1', '--app', 'late'])).output).toContain(
      'deployment.over',
    )
  })
})

describe('a request in flight', () => {
  it('to a release that is taken back is answered, though the app ends at once when told to', async () => {
    const slow = (says: string, settle = '500ms') => ({
      ...webApp({ says, settle }),
      'server.js': `require('node:http').createServer((request, response) =>
  setTimeout(() => response.end('${says}'), request.url === '/slow' ? 1500 : 0)
).listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => process.exit(0))
`,
    })
    const app = await naru.repository('flight', slow('one'))
    await app.push()
    await app.commit(slow('two', '30s'))
    const push = app.pushing()
    await push.said('live at')
    const asked = naru.visit('flight', '/slow')
    await until(async () => (await naru.visit('flight')).body === 'two', 'v2 to answer')

    await naru.cli(['deployments', 'abort', '--app', 'flight'])

    expect((await naru.visit('flight')).body).toBe('one')
    expect(await asked).toMatchObject({ status: 200, body: 'two' })
    expect((await push.ended).code).not.toBe(0)
    await until(async () => (await pids('flight', 2)).length === 0, 'v2 to be ended')
  })
})

describe('a machine that stops in the middle of a deployment', () => {
  it('goes on with it when it comes back, with everything that should run', async () => {
    const app = await naru.repository('reboot', webApp({ says: 'one', settle: '2s' }))
    await app.push()
    await app.commit(webApp({ says: 'two', settle: '3s' }))
    const push = app.pushing()
    await push.said('live at')
    const all = (await naru.status('reboot')).instances
    await naru.crash()
    for (const { pid } of all) if (pid !== null) process.kill(-pid, 'SIGKILL')

    await naru.up()

    await push.ended
    await until(
      async () => (await naru.status('reboot')).deployment === null,
      'the deployment to end',
    )
    const { serving } = await naru.status('reboot')
    expect((await naru.visit('reboot')).body).toBe(serving === 2 ? 'two' : 'one')
  })
})

describe('a stable release that dies while its predecessor is warm', () => {
  it('is replaced by it, by itself', async () => {
    const app = await naru.repository('mortal', webApp({ says: 'one' }))
    await app.push()
    const dies = `setInterval(() => require('node:fs').existsSync(process.env.HOME + '/die') && process.exit(1), 50)`
    await app.deploy(webApp({ says: 'two', webFirst: dies }))

    writeFileSync(join(naru.data, 'apps/mortal/home/production/die'), '')

    await until(
      async () =>
        (await naru.client.deployments(naru.place('mortal')))[0]?.number === 3 &&
        (await naru.status('mortal')).deployment === null,
      'v1 to take over',
      60_000,
    )
    expect((await naru.visit('mortal')).body).toBe('one')
    expect((await naru.client.deployments(naru.place('mortal')))[0]).toMatchObject({
      kind: 'rollback',
      by: 'naru',
      status: 'succeeded',
    })
  })
})

describe('a pusher who goes away', () => {
  it('does not end the deployment', async () => {
    const app = await naru.repository('gone', webApp({ says: 'one', healthyFor: '1s' }))
    const push = app.pushing()
    await until(
      async () => (await naru.client.builds('gone')).length === 1,
      'the push to be taken in',
    )
    push.child.kill('SIGKILL')

    await until(async () => (await naru.status('gone')).stable === 1, 'v1 to be stable')

    expect((await naru.visit('gone')).body).toBe('one')
    // Git may have been cut off before it was told that the branch has moved; then it is pushed once more.
    expect((await app.push()).output).toMatch(
      /Everything up-to-date|the same files were built before/,
    )
  })
})

describe('Naru stopped and started', () => {
  it('keeps apps serving, the same processes, and goes on deploying', async () => {
    const app = await naru.repository('stay', webApp({ says: 'one' }))
    await app.push()
    const before = await pids('stay', 1)
    const visitors = new Visitors(naru.http, 'stay.localhost')

    await naru.cli(['down', '--keep-apps'])
    await new Promise((resolve) => setTimeout(resolve, 300)) // Time without a server, for requests to go through.
    await naru.up()
    const { code } = await app.deploy(webApp({ says: 'two' }))

    await visitors.stop()
    expect(code).toBe(0)
    expect(await pids('stay', 1)).toEqual(before)
    expect(visitors.failures).toEqual([])
    expect(visitors.seen).toEqual(['one', 'two'])
  })

  it('with its apps brings them back', async () => {
    const app = await naru.repository('return', webApp({ says: 'one' }))
    await app.push()

    await naru.cli(['down'])
    await naru.up()

    await until(async () => (await naru.visit('return')).body === 'one', 'the app to be back')
  })
})

describe('an app that is destroyed', () => {
  it('leaves nothing, and only when its name is given', async () => {
    const app = await naru.repository('doomed', webApp({ says: 'one' }))
    await app.push()

    expect((await naru.cli(['destroy', '--app', 'doomed', '--confirm', 'other'])).code).not.toBe(0)
    expect((await naru.visit('doomed')).body).toBe('one')
    const { code, output } = await naru.cli(['destroy', '--app', 'doomed', '--confirm', 'doomed'])

    expect(code, output).toBe(0)
    expect((await naru.visit('doomed')).status).toBe(404)
    expect((await naru.cli(['apps', '--json'])).stdout).not.toContain('doomed')
  })
})
