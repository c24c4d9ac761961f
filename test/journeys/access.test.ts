import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { isAlive, Naru, type Repository, run, running, until } from '../support/naru.ts'

let naru: Naru
let shop: Repository

beforeEach(async () => {
  naru = await Naru.started()
  shop = await naru.repository('shop', webApp({ says: 'one' }))
})
afterEach(() => naru.close())

const address = () => `http://127.0.0.1:${naru.api}`

/** Somebody at another computer: another home, and no data folder of the server. */
function elsewhere() {
  const home = join(naru.folder, 'elsewhere')
  mkdirSync(home, { recursive: true })
  const environment = { HOME: home, NARU_DATA: '', XDG_CONFIG_HOME: '' }
  return {
    home,
    cli: (args: string[], input?: string, folder?: string) =>
      naru.cli(args, {
        environment,
        ...(input === undefined ? {} : { input }),
        ...(folder === undefined ? {} : { folder }),
      }),
    environment: naru.environment(environment),
  }
}

async function create(name: string, ...more: string[]): Promise<string> {
  const made = await naru.cli(['tokens', 'create', name, ...more])
  expect(made.code).toBe(0)
  return made.stdout.trim()
}

describe('a token', () => {
  it('lets somebody elsewhere log in, push and see, under its name; revoked, it opens nothing', async () => {
    const token = await create('grace')
    const grace = elsewhere()

    const login = await grace.cli(['login', address(), '--name', 'work'], `${token}\n`)
    expect(login).toMatchObject({ code: 0, stdout: expect.stringContaining('work is http://') })
    expect((await grace.cli(['contexts'])).stdout).toMatch(/\*\s+work\s+http:\/\/127/)
    const pushed = await pushFrom(grace)
    expect(pushed.output).toContain('live at')
    expect((await naru.client.builds('shop'))[0]).toMatchObject({ by: 'grace' })
    expect((await naru.client.deployments(naru.place('shop')))[0]).toMatchObject({ by: 'grace' })

    const listed = await naru.cli(['tokens'])
    expect(listed.stdout).toMatch(/grace\s+deployer\s+owner/)
    expect(listed.stdout).not.toContain(token)
    expect((await naru.cli(['tokens', 'revoke', 'grace'])).code).toBe(0)
    const refused = await grace.cli(['status', '--app', 'shop'])
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('(token.invalid)') })
  })

  it('that is revoked ends what it holds open, and says so: logs that are followed, commands that run', async () => {
    expect(
      (await shop.deploy(webApp({ says: 'one', webFirst: 'console.log("begun")' }))).code,
    ).toBe(0)
    const token = await create('grace')
    const cli = (name: string, ...args: string[]) =>
      running(process.execPath, [naru.program, name, '--app', 'shop', ...args], {
        environment: naru.environment({ NARU_TOKEN: token }),
      })
    const logs = cli('logs', '-f')
    const command = cli('run', '--no-terminal', 'echo "pid $$."; exec sleep 1000')
    await Promise.all([command.said('.'), logs.said('begun')])

    expect((await naru.cli(['tokens', 'revoke', 'grace'])).code).toBe(0)

    for (const { ended } of [logs, command]) {
      const { code, stderr } = await ended
      expect(code).toBe(3)
      expect(stderr).toContain('owner revoked the token "grace"')
      expect(stderr).toContain('(token.revoked)')
    }
    const pid = Number(/pid (\d+)\./.exec((await command.ended).stdout)?.[1])
    await until(() => !isAlive(pid), 'the command to end')
    expect((await naru.visit('shop')).body).toBe('one')
  })

  it('that is revoked in the middle of a push lets the deployment go on', async () => {
    const token = await create('grace')
    const grace = elsewhere()
    await grace.cli(['login', address(), '--name', 'work'], `${token}\n`)
    const clone = await cloneOf(grace)
    const gate = join(naru.folder, 'gate')
    const steps = `pipeline:\n  - wait: while ! [ -e ${gate} ]; do sleep 0.1; done\n`
    writeFileSync(join(clone, 'naru.yaml'), steps)
    await run('git', ['add', '-A'], { folder: clone, environment: grace.environment })
    await run('git', ['commit', '-qm', 'Slow'], { folder: clone, environment: grace.environment })
    const push = running('git', ['push', 'naru', 'main'], {
      folder: clone,
      environment: grace.environment,
    })
    await push.said('wait')

    expect((await naru.cli(['tokens', 'revoke', 'grace'])).code).toBe(0)

    const pushed = await push.ended
    expect(pushed.code).not.toBe(0)
    expect(pushed.stderr).toContain('(token.revoked)')
    writeFileSync(gate, '')
    await until(async () => (await naru.status('shop')).stable === 1, 'the release to be stable')
    expect((await naru.visit('shop')).body).toBe('one')
  })

  it('is nowhere but with its owner: no file of the repository, no log, no event holds it', async () => {
    const token = await create('grace')
    const grace = elsewhere()
    await grace.cli(['login', address(), '--name', 'work'], token)
    await pushFrom(grace)
    const kept = join(grace.home, '.config/naru/contexts/work')
    expect(readFileSync(join(kept, 'token'), 'utf8').trim()).toBe(token)
    expect(statSync(join(kept, 'token')).mode & 0o077).toBe(0)
    expect(statSync(kept).mode & 0o077).toBe(0)
    expect(readFileSync(join(shop.folder, '.git/config'), 'utf8')).not.toContain(token)
    const events = JSON.stringify(await naru.client.deployments(naru.place('shop')))
    expect(naru.log() + events).not.toContain(token)
  })

  it('of a reader looks and changes nothing; of a deployer ships and ends nothing', async () => {
    expect((await shop.push()).code).toBe(0)
    const asReader = { environment: { NARU_TOKEN: await create('wall', '--kind', 'reader') } }
    expect((await naru.cli(['status', '--app', 'shop'], asReader)).code).toBe(0)
    for (const args of [
      ['settings', 'set', 'A=1', '--app', 'shop'],
      ['rollback', '--app', 'shop'],
      ['tokens'],
    ])
      expect(await naru.cli(args, asReader)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('(permission.denied)'),
      })

    const asDeployer = { environment: { NARU_TOKEN: await create('ci') } }
    expect((await naru.cli(['settings', 'set', 'A=1', '--app', 'shop'], asDeployer)).code).toBe(0)
    for (const args of [
      ['destroy', '--app', 'shop', '--confirm', 'shop'],
      ['tokens', 'create', 'more'],
      ['secret', 'rotate-key'],
    ])
      expect(await naru.cli(args, asDeployer)).toMatchObject({ code: 3 })
    expect((await naru.visit('shop')).body).toBe('one')
  })

  it('is refused twice under one name, of no known kind, and of the data folder it is not revoked', async () => {
    await create('ci')
    const again = await naru.cli(['tokens', 'create', 'ci'])
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('(token.exists)') })
    expect(await naru.cli(['tokens', 'create', 'x', '--kind', 'god'])).toMatchObject({ code: 2 })
    expect(await naru.cli(['tokens', 'create', '../x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(name.invalid)'),
    })
    expect(await naru.cli(['tokens', 'revoke', 'owner'])).toMatchObject({
      stderr: expect.stringContaining('(token.owners)'),
    })
    expect(await naru.cli(['tokens', 'revoke', 'nobody'])).toMatchObject({ code: 4 })
    expect((await naru.cli(['tokens'])).code).toBe(0)
  })
})

describe('naru login', () => {
  it('keeps nothing for a token that the server does not know, or a server that is not there', async () => {
    const grace = elsewhere()
    expect(await grace.cli(['login', address()], 'wrong\n')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('(token.invalid)'),
    })
    expect(await grace.cli(['login', 'http://127.0.0.1:1'], 'x')).toMatchObject({ code: 5 })
    expect(await grace.cli(['login', 'not a url'], 'x')).toMatchObject({ code: 2 })
    expect(await grace.cli(['login', address()], '')).toMatchObject({ code: 3 })
    expect(existsSync(join(grace.home, '.config/naru'))).toBe(false)
  })

  it('goes back to this machine, forgets, and names what there is for a name that is not', async () => {
    const grace = elsewhere()
    await grace.cli(['login', address(), '--name', 'work'], await create('grace'))
    expect((await grace.cli(['apps'])).stdout).toContain('shop')
    expect((await grace.cli(['contexts', 'use', 'local'])).code).toBe(0)
    expect((await grace.cli(['apps', '--context', 'work'])).stdout).toContain('shop')
    const other = { NARU_API: 'http://127.0.0.1:1', NARU_TOKEN: 'x', NARU_CONTEXT: 'local' }
    const typed = await naru.cli(['apps', '--context', 'work'], {
      environment: { ...grace.environment, ...other },
    })
    expect(typed).toMatchObject({ code: 0, stdout: expect.stringContaining('shop') })
    const unknown = await grace.cli(['apps', '--context', 'home'])
    expect(unknown.stderr).toContain('there are: local, work')
    expect((await grace.cli(['logout', 'work'])).code).toBe(0)
    expect(readdirSync(join(grace.home, '.config/naru/contexts'))).toEqual([])
  })
})

describe('naru secret rotate-key', () => {
  it('seals every secret anew: what runs goes on, the next release reads them, the old key is gone', async () => {
    await naru.cli(['secret', 'set', 'API_KEY', '--app', 'shop'], { input: 'sesame' })
    const says = `require('node:http').createServer((q, a) => a.end(process.env.API_KEY)).listen(process.env.PORT)`
    await shop.deploy({ ...webApp({ says: '', more: 'secrets: [API_KEY]\n' }), 'server.js': says })
    const key = () => readFileSync(join(naru.data, 'secret.key'), 'utf8')
    const before = key()

    const rotated = await naru.cli(['secret', 'rotate-key'])

    expect(rotated).toMatchObject({ code: 0, stdout: expect.stringContaining('new key') })
    expect(key()).not.toBe(before)
    expect((await naru.visit('shop')).body).toBe('sesame')
    expect((await naru.cli(['settings', 'set', 'B=1', '--app', 'shop'])).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('sesame')
    await naru.crash()
    await naru.up()
    expect((await naru.cli(['settings', 'set', 'B=2', '--app', 'shop'])).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('sesame')
  })
})

describe('naru settings import', () => {
  it('takes a .env over: secrets by their names, the rest as settings, one release for both', async () => {
    expect((await shop.push()).code).toBe(0)
    const env =
      'GREETING="hello there"\n# a comment\nexport LEVEL=3\nSTRIPE_SECRET_KEY=sk_canary\nPORT=9\nBAD-NAME=1\n'
    writeFileSync(join(shop.folder, '.env'), env)

    const imported = await naru.cli(['settings', 'import', '.env', '--app', 'shop'], {
      folder: shop.folder,
    })

    expect(imported.code).toBe(0)
    expect(imported.stderr).toContain('as secrets, by their names: STRIPE_SECRET_KEY')
    expect(imported.stderr).toMatch(/left out, .*PORT/)
    expect(imported.output).not.toContain('sk_canary')
    const settings = await naru.cli(['settings', '--app', 'shop'])
    expect(settings.stdout).toContain('GREETING=hello there')
    expect(settings.stdout).toContain('LEVEL=3')
    expect(settings.stdout).not.toContain('STRIPE')
    expect((await naru.cli(['secret', '--app', 'shop'])).stdout).toContain('STRIPE_SECRET_KEY')
    expect(await naru.client.releases(naru.place('shop'))).toHaveLength(2)
  })

  it('refuses a file that is not there or sets nothing', async () => {
    for (const [file, said] of [
      ['none.env', 'there is no such file'],
      ['.', 'it is a folder'],
      ['empty.env', 'it sets nothing'],
    ] as const) {
      writeFileSync(join(shop.folder, 'empty.env'), '# nothing\n')
      const ran = await naru.cli(['settings', 'import', file, '--app', 'shop'], {
        folder: shop.folder,
      })
      expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(said) })
    }
  })
})

async function pushFrom(grace: ReturnType<typeof elsewhere>) {
  const clone = await cloneOf(grace)
  return run('git', ['push', 'naru', 'main'], { folder: clone, environment: grace.environment })
}

/** Her own clone, made known to Naru. */
async function cloneOf(grace: ReturnType<typeof elsewhere>): Promise<string> {
  const clone = join(grace.home, 'shop')
  await run('git', ['clone', '-q', shop.folder, clone], { environment: grace.environment })
  expect(await grace.cli(['init', '--app', 'shop'], undefined, clone)).toMatchObject({ code: 0 })
  return clone
}
