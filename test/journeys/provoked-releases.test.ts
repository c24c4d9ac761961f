import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Ran, running, until } from '../support/naru.ts'
import { expectFailure } from '../support/refusal.ts'
import { noteFailures } from '../support/seen.ts'

const cli = join(import.meta.dirname, '../../dist/cli.cjs')
let naru: Naru
beforeAll(async () => {
  naru = await Naru.create()
  await naru.up(withoutTerminals())
  const more =
    'jobs:\n  fails: { command: exit 3, when: by-hand }\n  slow: { command: echo begun; sleep 1000, when: by-hand }\n  late: { command: sleep 1000, when: by-hand, timeout: 1s }\n'
  const shop = await naru.repository('shop', webApp({ says: 'one', more }))
  expect((await shop.push()).code).toBe(0)
})
afterAll(() => naru.close())

/** A machine for which the terminal's package has no program. */
function withoutTerminals(): Record<string, string> {
  const file = join(naru.folder, 'first.cjs')
  writeFileSync(
    file,
    `const { Module } = require('node:module')
    const load = Module._load
    Module._load = (name, ...more) => {
      if (name.startsWith('@lydell/node-pty')) throw new Error('no such module')
      return load(name, ...more)
    }`,
  )
  return { NODE_OPTIONS: `--require=${file}` }
}

const database = () => new Sqlite(join(naru.data, 'naru.db'), { fileMustExist: true })
const ofShop = (...args: string[]) => naru.cli(['--app', 'shop', ...args])

/** A command that goes on while the test does something else. */
const started = (...args: string[]) =>
  running(process.execPath, [cli, '--app', 'shop', ...args], { environment: naru.environment() })

/** The app that fails is a second one beside one that serves: each has a repository of its own. */
async function failing(app: string, options: Partial<Parameters<typeof webApp>[0]>): Promise<Ran> {
  const repository = await naru.repository(app, webApp({ says: 'one' }))
  expect((await repository.push()).code).toBe(0)
  const ran = await repository.deploy(webApp({ says: 'two', ...options }))
  expect((await naru.visit(app)).body).toBe('one')
  return ran
}

describe('a release that does not come up, or does not stay up', () => {
  it('is refused with what it did instead, each in its words', async () => {
    const [deaf, crashing, dying, faltering] = await Promise.all([
      failing('deaf', { webFirst: 'process.env.PORT = 0', healthyWithin: '3s' }),
      failing('crashing', { webFirst: 'process.exit(3)' }),
      failing('dying', { webFirst: 'setTimeout(() => process.exit(3), 4000)', settle: '30s' }),
      failing('faltering', {
        webFirst: 'setInterval(() => {}, 1000); setTimeout(() => server.close(), 4000)',
        settle: '40s',
      }),
    ])
    expectFailure(deaf, 'did not become healthy within', 'rollout.unhealthy')
    expectFailure(crashing, 'web of v2 keeps ending: exit code 3', 'rollout.crashed')
    expectFailure(dying, 'web of v2 was healthy, then ended', 'rollout.died')
    expectFailure(faltering, 'web of v2 stopped being healthy', 'rollout.faltered')
    const back = await naru.cli(['rollback', 'v2', '--app', 'deaf'])
    expectFailure(back, 'v2 of deaf was never stable', 'release.never-stable')
  })

  it('since a secret of it cannot be read is given up', async () => {
    await naru.cli(['secret', 'set', 'KEY', '--app', 'dying'], { input: 'one' })
    const db = database()
    db.exec("update secretVersions set sealed = randomblob(60) where app = 'dying'")
    db.close()
    const ran = await naru.cli(['deploy', '--again', '--app', 'dying'])
    expectFailure(ran, 'the secret "KEY" of dying cannot be read', 'secret.unreadable')
  })

  it('since every port is taken is given up', async () => {
    const db = database()
    db.exec(
      `with recursive n (port) as (select 20000 union all select port + 1 from n where port < 29999)
       insert or ignore into ports select port, 'of-another' from n`,
    )
    const ran = await ofShop('deploy', '--again')
    db.exec("delete from ports where instance = 'of-another'")
    db.close()
    expectFailure(ran, 'every port from 20000 to 29999 is taken', 'engine.no-port')
  })
})

describe('a job or a command', () => {
  it('that fails, takes too long, is cancelled or is over says so', async () => {
    expectFailure(await ofShop('jobs', 'run', 'fails'), 'failed with exit code 3', 'job.failed')
    expectFailure(
      await ofShop('jobs', 'run', 'late'),
      'the job late of v1 was ended, since',
      'job.timed-out',
    )
    expectFailure(await ofShop('jobs', 'cancel', '1'), 'run 1 of shop is over', 'run.over')
  })

  it('that is cancelled, or whose server dies, says so', async () => {
    const job = started('jobs', 'run', 'slow')
    await job.said('begun')
    expect((await ofShop('jobs', 'cancel', '3')).code).toBe(0)
    expectFailure(await job.ended, 'the job slow of v1 was cancelled', 'job.cancelled')

    const command = started('run', '--no-terminal', '--', 'sh', '-c', 'echo begun; exec sleep 1000')
    await command.said('begun')
    await naru.crash()
    expectFailure(await command.ended, 'so how the command ended is not known', 'run.broken-off')
    await naru.up(withoutTerminals())
  })

  it('has no terminal where the machine can open none', async () => {
    const args = [cli, 'run', '--app', 'shop', '--', 'true']
    const pty = spawn(process.execPath, args, { env: naru.environment({ NO_COLOR: '1' }) })
    let shown = ''
    pty.onData((text) => {
      shown += text.replaceAll('\r', '')
    })
    const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)))
    const code = await ended
    await until(
      () => shown.includes('(run.no-terminal)'),
      () => `no terminal in:\n${shown}`,
    )
    noteFailures(shown)
    expectFailure(
      { code, stdout: '', stderr: shown, output: shown },
      'cannot open a terminal',
      'run.no-terminal',
    )
    expect((await ofShop('run', '--no-terminal', '--', 'true')).code).toBe(0)
  })

  it('for which no folder can be made is not started', async () => {
    const folder = join(naru.data, 'apps/shop/tmp')
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'in the way')
    const ran = await ofShop('run', '--', 'true')
    rmSync(folder)
    expectFailure(ran, 'the command could not be started', 'engine.start-failed')
  })
})

it('a router that can neither answer nor be started again is said', async () => {
  const folder = join(naru.data, 'router')
  const { pid } = JSON.parse(readFileSync(join(folder, 'router.json'), 'utf8')) as { pid: number }
  renameSync(folder, `${folder}-away`)
  writeFileSync(folder, 'in the way')
  process.kill(pid, 'SIGKILL')
  const ran = await ofShop('env', 'create', 'staging')
  rmSync(folder)
  renameSync(`${folder}-away`, folder)
  expectFailure(ran, 'the router does not answer, so no traffic was moved', 'router.down')
  await until(
    async () => (await naru.visit('shop').catch(() => null))?.body === 'one',
    'the router',
  )
})
