import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dyingWorker, steadyWorker, webApp } from '../support/apps.ts'
import { freePort, Naru, until } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

/** The instances of an app as `naru ps` names them. */
async function ps(app: string) {
  const ran = await naru.cli(['ps', '--app', app, '--json'])
  return (
    JSON.parse(ran.stdout) as { instances: { service: string; release: number; pid: number }[] }
  ).instances
}

describe('a first push', () => {
  it('builds, goes live, settles, and says where', async () => {
    const shop = await naru.repository('first', webApp({ says: 'one' }))

    const { code, output } = await shop.push()

    expect(output).toMatch(/remote:.*live at http:\/\/first\.localhost:\d+ in \d+\.\d s/)
    expect(code).toBe(0)
    expect((await naru.visit('first')).body).toBe('one')
    expect((await naru.cli(['status', '--app', 'first'])).stdout).toContain('v1')
  })

  it('of an app with no naru.yaml and no dependencies needs nothing else', async () => {
    const { 'naru.yaml': _, ...files } = webApp({ says: 'plain' })
    const plain = await naru.repository('plain', files)

    const { code } = await plain.push()

    expect(code).toBe(0)
    expect((await naru.visit('plain')).body).toBe('plain')
  })

  it('of a folder of pages serves them', async () => {
    const pages = await naru.repository('pages', {
      'index.html': '<h1>Pages</h1>',
      'style.css': 'h1 { color: teal }',
    })

    const { code } = await pages.push()

    expect(code).toBe(0)
    const style = await naru.visit('pages', '/style.css')
    expect(style.headers['content-type']).toMatch(/^text\/css/)
    expect((await naru.visit('pages', '/none')).status).toBe(404)
  })
})

describe('a second push', () => {
  it('replaces the first, which stays warm', async () => {
    const app = await naru.repository('second', webApp({ says: 'one' }))
    await app.push()

    const { code } = await app.deploy({ 'server.js': webApp({ says: 'two' })['server.js'] ?? '' })

    expect(code).toBe(0)
    expect((await naru.visit('second')).body).toBe('two')
    expect((await ps('second')).map(({ release }) => release).sort()).toEqual([1, 2])
  })

  it('of the same commit has nothing to do', async () => {
    const app = await naru.repository('again', webApp({ says: 'one' }))
    await app.push()

    expect((await app.push()).output).toContain('Everything up-to-date')
  })
})

describe('a push that fails', () => {
  it('in the build says which step, with its output, and changes nothing', async () => {
    const app = await naru.repository('broken-build', webApp({ says: 'one' }))
    await app.push()

    const more = `build:\n  command: echo about to break; exit 7\n`
    const { code, output } = await app.deploy(webApp({ says: 'two', more }))

    expect(code).not.toBe(0)
    expect(output).toContain('about to break')
    expect(output).toMatch(/exit code 7/)
    expect((await naru.visit('broken-build')).body).toBe('one')
    expect((await naru.cli(['builds', '--app', 'broken-build'])).stdout).toContain('failed')
  })

  it('because the release never gets healthy says so, shows its last lines, and what still serves', async () => {
    const app = await naru.repository('deaf', webApp({ says: 'one' }))
    await app.push()

    const webFirst = `console.log('I will not listen'); setInterval(() => {}, 1000); return`
    const { code, output } = await app.deploy(
      webApp({ says: 'two', webFirst, healthyWithin: '2s' }),
    )

    expect(code).not.toBe(0)
    expect(output).toContain('did not become healthy')
    expect(output).toContain('I will not listen')
    expect(output).toContain('v1 is still serving')
    expect((await naru.visit('deaf')).body).toBe('one')
    expect((await ps('deaf')).map(({ release }) => release)).toEqual([1])
  })

  it('because the app listens on another port says which it was given', async () => {
    const port = await freePort() // None of those that instances get.
    const app = await naru.repository(
      'wrong-port',
      webApp({ says: 'one', healthyWithin: '3s', webFirst: `process.env.PORT = ${port}` }),
    )

    const { code, output } = await app.push()

    expect(code).not.toBe(0)
    expect(output).toContain(`listens on port ${port}`)
    expect(output).toMatch(/given PORT 2\d{4}/)
  })

  it('tells after a while what keeps the app from being healthy, long before it gives up', async () => {
    const port = await freePort() // None of those that instances get.
    const app = await naru.repository(
      'slow-to-tell',
      webApp({ says: 'one', healthyWithin: '13s', webFirst: `process.env.PORT = ${port}` }),
    )

    const { output } = await app.push()

    const told = new RegExp(
      `web is not healthy yet: it listens on port ${port}, but was given PORT 2\\d{4}`,
      'g',
    )
    expect(output.match(told)).toHaveLength(1)
    expect(output).toContain('did not become healthy within 13 s')
  })

  it('because the program crashes gives up after its tries', async () => {
    const app = await naru.repository(
      'crashing',
      webApp({ says: 'one', webFirst: `console.error('no database'); process.exit(9)` }),
    )

    const { code, output } = await app.push()

    expect(code).not.toBe(0)
    expect(output).toContain('exit code 9')
    expect(output).toContain('no database')
  })

  it('five seconds after it went live is taken back', async () => {
    const app = await naru.repository('short-lived', webApp({ says: 'one' }))
    await app.push()

    const webFirst = 'setTimeout(() => process.exit(4), 5500)'
    const { code, output } = await app.deploy(webApp({ says: 'two', webFirst, settle: '10s' }))

    expect(output).toContain('live at')
    expect(code).not.toBe(0)
    expect(output).toMatch(/v1/)
    expect((await naru.visit('short-lived')).body).toBe('one')
    const shown = await naru.cli(['deployments', 'show', '2', '--app', 'short-lived'])
    expect(shown.stdout).toContain('rolled back')
  })

  it('because the worker dies leaves the whole app on the old release', async () => {
    const app = await naru.repository('two-services', webApp({ says: 'one', worker: steadyWorker }))
    await app.push()

    const { code } = await app.deploy(webApp({ says: 'two', worker: dyingWorker, settle: '3s' }))

    expect(code).not.toBe(0)
    expect((await naru.visit('two-services')).body).toBe('one')
    await until(async () => (await ps('two-services')).length === 2, 'web and worker of v1 alone')
    expect(
      (await ps('two-services')).map(({ service, release }) => `${service} v${release}`).sort(),
    ).toEqual(['web v1', 'worker v1'])
  })

  it('for want of a secret works when the same commit is pushed again', async () => {
    const app = await naru.repository(
      'secretive',
      webApp({ says: 'one', more: 'secrets: [API_KEY]\n' }),
    )
    const first = await app.push()
    expect(first.code).not.toBe(0)
    expect(first.output).toContain('naru secret set API_KEY')

    await naru.cli(['secret', 'set', 'API_KEY', '--app', 'secretive'], { input: 'hush' })

    expect((await app.push()).code).toBe(0)
  })
})

describe('what cannot be pushed', () => {
  it('is refused with a sentence: other branches, tags, deletions', async () => {
    const app = await naru.repository('strict', webApp({ says: 'one' }))
    await app.push()

    const branch = await app.push('main:feature')
    expect(branch.code).not.toBe(0)
    expect(branch.output).toMatch(/main/)
    await naru.git(['tag', 'v9'], app.folder)
    expect((await app.push('v9')).code).not.toBe(0)
    expect((await app.push('--delete', 'main')).code).not.toBe(0)
    expect((await naru.visit('strict')).body).toBe('one')
  })
})
