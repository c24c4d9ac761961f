import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, run } from '../support/naru.ts'
import { expectFailure, expectRefusal, stackFrame } from '../support/refusal.ts'

const isRoot = process.getuid?.() === 0
const cli = join(import.meta.dirname, '../../dist/cli.cjs')
let naru: Naru
beforeEach(async () => {
  naru = await Naru.create()
})
afterEach(() => naru.close())

const upArgs = () => ['up', '--http', `127.0.0.1:${naru.http}`, '--api', `127.0.0.1:${naru.api}`]
const up = (environment: Record<string, string> = {}) => naru.cli(upArgs(), { environment })

/** Makes every Node.js program that is started run this first: a machine other than this one. */
function first(script: string): Record<string, string> {
  const file = join(naru.folder, 'first.cjs')
  writeFileSync(file, script)
  return { NODE_OPTIONS: `--require=${file}` }
}

const database = () => new Sqlite(join(naru.data, 'naru.db'), { fileMustExist: true })

describe('a machine that Naru was not made for', () => {
  it('has a Node.js that is too old', async () => {
    const old = first("Object.defineProperty(process.versions, 'node', { value: '18.19.0' })")
    expectRefusal(await up(old), 'Naru needs Node.js 20.20', 'node.too-old')
  })

  it('has Windows', async () => {
    const windows = first("Object.defineProperty(process, 'platform', { value: 'win32' })")
    const ran = await up(windows)
    expectRefusal(ran, 'Naru runs on Linux and macOS, and this is Windows', 'platform.unsupported')
    expect(ran.stderr).toContain('wsl --install')
  })

  it('ends the server before it says a word', async () => {
    const dies = first("if (process.argv[1].endsWith('server.cjs')) process.exit(9)")
    mkdirSync(naru.data)
    const ran = await up(dies)
    expectRefusal(ran, join(naru.data, 'server.log'), 'server.start-failed')
    expect(ran.stderr).toContain('→ naru up --foreground')
  })

  it.runIf(isRoot)('has no user for apps, and no way to make one', async () => {
    const users = join(naru.folder, 'passwd')
    const others = readFileSync('/etc/passwd', 'utf8').split('\n')
    writeFileSync(users, others.filter((line) => !line.startsWith('naru-apps:')).join('\n'))
    const bin = join(naru.folder, 'bin')
    mkdirSync(bin)
    const git = (
      await run('/bin/sh', ['-c', 'command -v git'], { environment: naru.environment() })
    ).stdout
    writeFileSync(join(bin, 'git'), `#!/bin/sh\nexec ${git.trim()} "$@"\n`)
    chmodSync(join(bin, 'git'), 0o755)
    const script = 'mount --bind "$1" /etc/passwd && PATH=$2 && shift 2 && exec "$@"'
    const args = [
      '--mount',
      '/bin/sh',
      '-c',
      script,
      'sh',
      users,
      bin,
      process.execPath,
      cli,
      ...upArgs(),
    ]
    const ran = await run('unshare', args, { environment: naru.environment() })
    expectRefusal(ran, 'Naru runs apps as the user naru-apps, and could not make', 'user.missing')
  })

  it.runIf(isRoot)('has a data folder where the user of apps cannot come', async () => {
    chmodSync(naru.folder, 0o700)
    const ran = await up()
    expectRefusal(ran, 'who cannot enter', 'data.unreachable')
    expect(ran.stderr).toContain('→ naru up --data /var/lib/naru')
  })
})

describe('a database', () => {
  it('that a newer Naru has written is left alone', async () => {
    await naru.up()
    await naru.cli(['down'])
    const db = database()
    db.exec("insert into kysely_migration values ('0999-the-future', '2030-01-01')")
    expectRefusal(await up(), 'was written by a newer Naru (0999-the-future)', 'data.newer')
    db.exec("delete from kysely_migration where name = '0999-the-future'")
    db.close()
    expect((await up()).code).toBe(0)
  })

  it('that another program holds is not waited for without end', async () => {
    await naru.up()
    const db = database()
    try {
      db.exec('begin immediate')
      const ran = await naru.cli(['tokens', 'create', 'grace'])
      expectRefusal(ran, `another program holds ${join(naru.data, 'naru.db')}`, 'data.busy')
    } finally {
      db.close()
    }
    expect((await naru.cli(['tokens', 'create', 'grace'])).code).toBe(0)
  })
})

describe('a mistake in Naru itself', () => {
  it('of the command line is one sentence, and a stack only for whoever asks for it', async () => {
    const environment = first(`
      const fs = require('node:fs')
      fs.existsSync = () => { throw new TypeError('files is not iterable\\nor so') }`)
    const ran = await naru.cli(['down'], { environment })
    expectFailure(ran, "it is Naru's fault: TypeError: files is not iterable [", 'naru.broken')
    expect(ran.stderr).toContain('NARU_DEBUG=1')

    const asked = await naru.cli(['down'], { environment: { ...environment, NARU_DEBUG: '1' } })
    expect(asked.stderr).toMatch(stackFrame)
    expect(asked.stderr).toMatch(/\n {2}\(naru\.broken\)\n$/)
  })

  it('of the server names the line of its log that says where', async () => {
    await naru.up()
    await naru.repository('shop', webApp({ says: 'one' }))
    const db = database()
    db.exec('alter table jobRuns rename to away')
    const ran = await naru.cli(['jobs', '--app', 'shop'])
    db.exec('alter table away rename to jobRuns')
    db.close()
    expectFailure(ran, "it is Naru's fault: ", 'naru.broken')
    const id = ran.stderr.match(/fault: (\S+)/)?.[1] ?? 'none'
    const line = naru
      .log()
      .split('\n')
      .find((text) => text.includes(id))
    expect(line).toContain('no such table: jobRuns')
  })
})
