import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { treeBytes } from '../../src/base/tree.ts'
import { mountTmpfs } from '../support/mount.ts'
import { isAlive, Naru, until } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

/** An app whose web server does something nasty beside answering. */
const app = (nastiness: string): Record<'package.json' | 'naru.yaml' | 'server.js', string> => ({
  'package.json': JSON.stringify({ name: 'app', scripts: { start: 'node server.js' } }),
  'naru.yaml': `services:\n  web:\n    command: node server.js\n    healthy-for: 200ms\n    settle: 200ms\n    stop: { grace: 1s }\n`,
  'server.js': `${nastiness}
require('node:http').createServer((_, response) => response.end('hi')).listen(process.env.PORT, process.env.HOST)
`,
})
const deployed = async (name: string, files: Record<string, string>) => {
  const repository = await naru.repository(name, files)
  const pushed = await repository.push()
  expect(pushed.output).toContain('is stable')
  return repository
}
const destroyed = (name: string) => naru.cli(['destroy', '--app', name, '--confirm', name])
const processesWith = (start: string) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isAlive(Number(name)))
    .filter((pid) => commandLine(pid).startsWith(start))
const commandLine = (pid: string) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // It has just ended.
  }
}

describe('an app that', () => {
  it('ignores SIGTERM is replaced all the same, and nothing of it is left', async () => {
    const stubborn = "process.on('SIGTERM', () => {}); process.on('SIGHUP', () => {})"
    const repository = await deployed('stubborn', app(stubborn))
    const before = (await naru.status('stubborn')).instances.map(({ pid }) => pid ?? 0)
    const again = await repository.deploy({ 'note.txt': 'two' })
    expect(again.output).toContain('is stable')
    expect(await destroyed('stubborn')).toMatchObject({ code: 0 })
    expect(before.filter(isAlive)).toEqual([])
  })

  it('starts children that detach themselves leaves none behind when it ends', async () => {
    const forks = `const { spawn } = require('node:child_process')
for (const [program, args] of [['setsid', ['sleep', '87651']], ['sh', ['-c', 'setsid sleep 87651 & sleep 87651']]])
  spawn(program, args, { detached: true, stdio: 'ignore' }).unref()`
    await deployed('forks', app(forks))
    await until(() => processesWith('sleep 87651').length === 3, 'its children')
    expect(await destroyed('forks')).toMatchObject({ code: 0 })
    expect(processesWith('sleep 87651')).toEqual([])
  })

  it('floods its log keeps within its bound, and another app keeps answering', async () => {
    await deployed('calm', app(''))
    const floods = `const text = Buffer.from('flood '.repeat(20).concat('\\n').repeat(1000))
let sent = 0
const flood = () => {
  for (let n = 0; n < 10; n += 1) sent += require('node:fs').writeSync(1, text)
  if (sent < 100e6) setTimeout(flood, 100)
  else console.log('\\nthe flood is over')
}
flood()`
    await deployed('floods', app(floods))
    let answered = 0
    const logs = join(naru.data, 'engine/logs/floods')
    const output = join(naru.data, 'engine/instances')
    await until(
      async () => {
        if ((await naru.visit('calm')).body === 'hi') answered += 1
        expect(await treeBytes(logs)).toBeLessThan(20 * 1024 * 1024)
        expect(await treeBytes(output)).toBeLessThan(40 * 1024 * 1024)
        const { stdout } = await naru.cli(['logs', '--app', 'floods', '--tail', '1'])
        return stdout.includes('the flood is over')
      },
      'the end of 100 MB',
      120_000,
    )
    expect(answered).toBeGreaterThan(2)
    expect((await naru.visit('floods')).body).toBe('hi')
    await destroyed('floods')
    await destroyed('calm')
  })

  it('runs out of memory is told by how it ended, in the words of the push', async () => {
    const leaks = 'const kept = []; setInterval(() => kept.push(Array(1e6).fill(kept.length)), 1)'
    const files = app(leaks)
    files['naru.yaml'] = files['naru.yaml']
      .replace('command: node server.js', 'command: node --max-old-space-size=32 server.js')
      .replace('healthy-for: 200ms', 'healthy-for: 20s')
    const repository = await naru.repository('leaks', files)
    const pushed = await repository.push()
    expect(pushed.code).not.toBe(0)
    expect(pushed.output).toMatch(/web of v1 keeps ending: (SIGABRT|SIGTRAP|exit code 13[34])/)
    const { stdout } = await naru.cli(['logs', '--app', 'leaks'])
    expect(stdout).toContain('heap out of memory')
    await destroyed('leaks')
  })

  it('may not have more memory than it allows itself is told by how it ended', async () => {
    const leaks = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(50e6, 1)), 20)'
    const files = { ...app(''), 'leak.js': leaks }
    files['naru.yaml'] += `jobs:
  leak: { command: "ulimit -v 1500000; exec node leak.js", when: by-hand }
`
    await (await naru.repository('limited', files)).push()
    const ran = await naru.cli(['jobs', 'run', 'leak', '--app', 'limited'])
    expect(ran.code).toBe(10)
    expect(ran.stderr).toMatch(/the job leak of v1 failed with (exit code \d+|SIG[A-Z]+) \(run 1\)/)
    await destroyed('limited')
  })
})

describe.runIf(process.getuid?.() === 0)('an app on a small disk', () => {
  it('that fills its own folder is told so by the system, and Naru and its log work on', async () => {
    const home = join(naru.data, 'apps', 'greedy', 'home')
    const fills = `const { appendFileSync } = require('node:fs')
const fill = () => {
  try {
    for (let n = 0; n < 100; n += 1) appendFileSync(process.env.HOME + '/all', Buffer.alloc(1 << 20))
    console.log('there is room for ever')
  } catch (error) {
    console.log('full: ' + error.code)
  }
}
setTimeout(fill, 500)`
    const repository = await naru.repository('greedy', app(''))
    expect((await repository.push()).output).toContain('is stable')
    const mode = (statSync(home).mode & 0o7777).toString(8)
    const { uid, gid } = statSync(home)
    const unmount = mountTmpfs(home, `size=8m,mode=${mode},uid=${uid},gid=${gid}`)
    try {
      const again = await repository.deploy({ 'server.js': app(fills)['server.js'] })
      expect(again.output).toContain('is stable')
      const logged = async () => (await naru.cli(['logs', '--app', 'greedy'])).stdout
      await until(async () => (await logged()).includes('full: ENOSPC'), 'the end of the disk')
      expect((await naru.visit('greedy')).body).toBe('hi')
      const more = 'head -c 5000 /dev/zero >$HOME/more'
      const run = await naru.cli(['run', '--app', 'greedy', '--', 'sh', '-c', more])
      expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('No space left') })
    } finally {
      expect((await naru.cli(['down'])).code).toBe(0)
      unmount()
    }
    await naru.up()
    expect(await destroyed('greedy')).toMatchObject({ code: 0 })
  })
})
