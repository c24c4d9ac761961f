import { type ChildProcess, spawn as spawnProgram } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type IPty, spawn } from '@lydell/node-pty'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isAlive, Naru, type Repository, until } from '../support/naru.ts'

const cli = join(import.meta.dirname, '../../dist/cli.cjs')
const secret = 'canary-4f1c9e'
const files = {
  'server.js':
    "require('http').createServer((_, response) => response.end('hi')).listen(process.env.PORT)",
  'package.json': JSON.stringify({ name: 'shop', scripts: { start: 'node server.js' } }),
  'naru.yaml': `
services:
  web: { command: node server.js, settle: 0s }
settings: { COLOUR: red }
secrets: [KEY]
jobs:
  report: { command: "echo reporting in $COLOUR", when: by-hand }
  fails: { command: "echo oh; exit 3", when: by-hand }
  slow: { command: "echo begun; sleep 1000", when: by-hand }
  late: { command: "sleep 1000", when: by-hand, timeout: 1s }
`,
}

let naru: Naru
let shop: Repository
const programs: (IPty | ChildProcess)[] = []
beforeAll(async () => {
  naru = await Naru.started()
  shop = await naru.repository('shop', files)
  await naru.cli(['secret', 'set', 'KEY', '--app', 'shop'], { input: secret })
  const pushed = await shop.push()
  expect(pushed.output).toContain('is stable')
})
afterEach(() => {
  for (const program of programs.splice(0)) {
    try {
      program.kill('SIGKILL')
    } catch {
      // It has ended.
    }
  }
})
afterAll(() => naru.close())

const run = (args: string[], input?: string) =>
  naru.cli(['run', '--app', 'shop', ...args], input === undefined ? {} : { input })
/** A run that goes on while the test does something else. */
function running(...args: string[]) {
  const child = spawnProgram(process.execPath, [cli, 'run', '--app', 'shop', ...args], {
    env: naru.environment(),
  })
  programs.push(child)
  const said = { text: '', errors: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    said.text += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said.errors += chunk
  })
  return { child, said, ended: once(child, 'exit') as Promise<[number | null, string | null]> }
}
/** A person at a terminal. */
function atTerminal(...args: string[]) {
  const pty = spawn(process.execPath, [cli, 'run', '--app', 'shop', ...args], {
    cols: 97,
    rows: 31,
    name: 'xterm-256color',
    env: naru.environment(),
  })
  programs.push(pty)
  const said = { text: '' }
  pty.onData((text) => {
    said.text += text
  })
  const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)))
  const says = (text: string) => until(() => said.text.includes(text), `"${text}" in: ${said.text}`)
  return { pty, said, ended, says }
}
const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name))
/** Those whose program and arguments begin so. */
const processesWith = (word: string) =>
  pids()
    .filter((pid) => commandLine(pid).startsWith(word))
    .map(Number)
    .filter(isAlive)
const everyCommandLine = () => pids().map(commandLine).join('\n')
const commandLine = (pid: string) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // It has just ended.
  }
}

describe('naru run, where no terminal is,', () => {
  it('passes input, output and complaints on, and the exit code', async () => {
    expect(await run(['--', 'cat'], '1\n')).toMatchObject({ code: 0, stdout: '1\n', stderr: '' })
    expect(await run(['--', 'sh', '-c', 'echo out; echo bad >&2; exit 3'])).toMatchObject({
      code: 3,
      stdout: 'out\n',
      stderr: 'bad\n',
    })
  })

  it('reads one word as a shell does, and takes several as they are', async () => {
    expect((await run(['echo "$COLOUR" | tr a-z A-Z'])).stdout).toBe('RED\n')
    expect((await run(['echo', '$COLOUR', 'a  b', '--json'])).stdout).toBe('$COLOUR a  b --json\n')
  })

  it('says what a shell says of a program that is not there', async () => {
    const ran = await run(['--', 'no-such-program', 'x'])
    expect(ran).toMatchObject({ code: 127, stdout: '' })
    expect(ran.stderr).toContain('no-such-program: not found')
  })

  it('says by the exit code which signal ended it', async () => {
    expect((await run(['--', 'sh', '-c', 'kill -KILL $$'])).code).toBe(137)
  })

  it('has settings, secrets and the slug of the release that serves', async () => {
    const ran = await run(['--', 'sh', '-c', 'echo $COLOUR $KEY $NARU_RELEASE; ls'])
    expect(ran.stdout).toContain(`red ${secret} 1`)
    expect(ran.stdout).toContain('server.js')
  })

  it('passes 5 MB through, each byte as it is', async () => {
    const { child, ended } = running('--', 'cat')
    const sent = Buffer.alloc(5_000_000, Buffer.from(Array.from({ length: 256 }, (_, at) => at)))
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stdin.end(sent)
    expect(await ended).toEqual([0, null])
    expect(Buffer.concat(chunks).equals(sent)).toBe(true)
  })

  it('ends with its command, though more input could come', async () => {
    const { ended, said } = running('--', 'echo', 'done')
    expect(await ended).toEqual([0, null])
    expect(said.text).toBe('done\n')
  })

  it('ends the command when it is ended itself, even while input is piled up', async () => {
    const { child, said } = running('--', 'sh', '-c', 'echo ready; exec sleep 98761')
    await until(() => said.text.includes('ready'), 'it to be ready')
    child.stdin.on('error', () => {}) // It is killed in the middle.
    child.stdin.write(Buffer.alloc(10_000_000))
    await until(() => processesWith('sleep 98761').length === 1, 'its program to run')
    child.kill('SIGKILL')
    await until(() => processesWith('sleep 98761').length === 0, 'the command to end')
  })

  it('ends the command when whoever reads it has enough', async () => {
    const line = `${process.execPath} ${cli} run --app shop -- yes 98766 | head -n 2`
    const child = spawnProgram('/bin/sh', ['-c', line], { env: naru.environment() })
    programs.push(child)
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(child, 'close')
    expect(Buffer.concat(chunks).toString()).toBe('98766\n98766\n')
    await until(() => processesWith('yes 98766').length === 0, 'the command to end')
  })

  it('does not wait for what its command has left running', async () => {
    expect(
      await run(['--', 'sh', '-c', 'setsid sleep 98767 & sleep 98767 & echo done']),
    ).toMatchObject({
      code: 0,
      stdout: 'done\n',
    })
    expect(processesWith('sleep 98767')).toEqual([])
  })

  it('runs many at once, each with its own streams', async () => {
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, at) => run(['--', 'sh', '-c', `cat; exit ${at}`], `in ${at}`)),
    )
    expect(all.map(({ code, stdout }) => [code, stdout])).toEqual(
      Array.from({ length: 8 }, (_, at) => [at, `in ${at}`]),
    )
  })

  it('lets the command answer Ctrl-C', async () => {
    const script = 'trap "echo caught; exit 6" INT; echo ready; while :; do sleep 0.1; done'
    const { child, said, ended } = running('--', 'sh', '-c', script)
    await until(() => said.text.includes('ready'), 'it to be ready')
    child.kill('SIGINT')
    expect(await ended).toEqual([6, null])
    expect(said.text).toContain('caught')
  })

  it('gives scripts one JSON object', async () => {
    const ran = await naru.cli(
      ['run', '--app', 'shop', '--json', '--', 'sh', '-c', 'cat; echo bad >&2; exit 4'],
      { input: 'in' },
    )
    expect(ran.code).toBe(4)
    expect(JSON.parse(ran.stdout)).toEqual({
      release: 1,
      code: 4,
      signal: null,
      output: 'in',
      errors: 'bad\n',
    })
  })

  it('shows no secret in any list of processes', async () => {
    const { child, said } = running('--', 'sh', '-c', 'echo ready; sleep 98762')
    await until(() => said.text.includes('ready'), 'it to be ready')
    await until(() => processesWith('sleep 98762').length > 0, 'its program to run')
    expect(everyCommandLine()).not.toContain(secret)
    child.kill('SIGKILL')
    await until(() => processesWith('sleep 98762').length === 0, 'the command to end')
  })
})

describe('naru run, at a terminal,', () => {
  it('has a terminal of the same size and kind, and follows its size', async () => {
    const { pty, says, ended } = atTerminal(
      '--',
      'sh',
      '-c',
      'tput cols; echo kind $TERM; until stty size | grep "40 120"; do sleep 0.1; done',
    )
    await says('97')
    await says('kind xterm-256color')
    pty.resize(120, 40)
    await says('40 120')
    expect(await ended).toBe(0)
  })

  it('passes Ctrl-C, Ctrl-D and the exit code on', async () => {
    const interrupted = atTerminal('--', 'sh', '-c', 'echo ready; exec cat')
    await interrupted.says('ready')
    interrupted.pty.write('\u0003')
    expect(await interrupted.ended).toBe(130)
    const finished = atTerminal('--', 'sh', '-c', 'echo ready; cat; exit 3')
    await finished.says('ready')
    finished.pty.write('typed\r')
    await finished.says('typed\r\ntyped')
    finished.pty.write('\u0004')
    expect(await finished.ended).toBe(3)
  })

  it('is a terminal that a shell can keep its jobs on', async () => {
    const { pty, says, ended } = atTerminal('--', 'sh', '-i')
    pty.write("echo be''gun\r")
    await says('begun')
    pty.write('sleep 98768\r')
    await until(() => processesWith('sleep 98768').length === 1, 'the job')
    pty.write('\u001a')
    await says('Stopped')
    pty.write('kill %1; exit 7\r')
    await until(async () => {
      pty.write('exit 7\r')
      return (await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 200))])) === 7
    }, 'the shell to end')
  })

  it('gives the terminal back as it was, whatever happens', async () => {
    const settings = 'stty -a | tr ";" "\\n" | grep -o -e "-\\?icanon" -e "-\\?echo "'
    const shell = spawn(
      '/bin/sh',
      ['-c', `${process.execPath} ${cli} run --app shop -- sleep 98763; echo code $?; ${settings}`],
      {
        env: naru.environment(),
      },
    )
    programs.push(shell)
    let said = ''
    shell.onData((text) => {
      said += text
    })
    await until(() => processesWith('sleep 98763').length > 0, 'the command to run')
    await naru.crash()
    await until(() => said.includes('icanon'), `the settings in ${said}`)
    expect(said).toContain('run.broken-off')
    expect(said).toContain('code 5')
    expect(said).not.toContain('-icanon')
    expect(said).not.toContain('-echo')
    await naru.up()
    expect(processesWith('sleep 98763')).toEqual([])
  })

  it('does without where that is asked for', async () => {
    const { ended, says } = atTerminal('--no-terminal', '--', 'sh', '-c', 'tty; exit 2')
    await says('not a tty')
    expect(await ended).toBe(2)
  })
})

describe('naru run is refused', () => {
  it('where nothing serves', async () => {
    await naru.repository('empty', { 'index.html': 'hi' })
    const ran = await naru.cli(['run', '--app', 'empty', '--', 'ls'])
    expect(ran).toMatchObject({ code: 7, stdout: '' })
    expect(ran.stderr).toContain('(run.no-release)')
  })

  it('where there is no such app, environment or server, and without a command', async () => {
    const refused = async (args: string[], environment = {}) => naru.cli(args, { environment })
    expect(await refused(['run', '--app', 'nope', '--', 'ls'])).toMatchObject({ code: 4 })
    expect(await refused(['run', '--app', 'shop', '--env', 'nope', '--', 'ls'])).toMatchObject({
      code: 4,
    })
    expect(
      await refused(['run', '--app', 'shop', '--', 'ls'], { NARU_API: 'http://127.0.0.1:1' }),
    ).toMatchObject({ code: 5 })
    expect(
      await refused(['run', '--app', 'shop', '--', 'ls'], { NARU_TOKEN: 'wrong' }),
    ).toMatchObject({ code: 3 })
    expect(await refused(['run', '--app', 'shop'])).toMatchObject({ code: 2 })
  })
})

describe('naru jobs', () => {
  const jobs = (...args: string[]) => naru.cli(['jobs', ...args, '--app', 'shop'])

  it('runs one by its name, shows what it writes and says how it ended', async () => {
    expect(await jobs()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('naru jobs run'),
    })
    const good = await jobs('run', 'report')
    expect(good).toMatchObject({ code: 0, stdout: 'reporting in red\n' })
    expect(good.stderr).toMatch(/job report ran in/)
    const bad = await jobs('run', 'fails')
    expect(bad).toMatchObject({ code: 10, stdout: 'oh\n' })
    expect(bad.stderr).toContain('the job fails of v1 failed with exit code 3')
    const listed = (await jobs()).stdout.split('\n')
    expect(listed[1]).toMatch(/^2 +fails +v1 +failed +owner .* exit code 3$/)
    expect(listed[2]).toMatch(/^1 +report +v1 +succeeded +owner /)
  })

  it('shows a run afterwards, and its lines among those of the app under its own name', async () => {
    expect((await jobs('show', '1')).stdout).toMatch(
      /^run 1: job report of v1 succeeded.*\n\nreporting in red\n$/,
    )
    const shown = JSON.parse((await jobs('show', '2', '--json')).stdout)
    expect(shown).toMatchObject({ run: { status: 'failed', exitCode: 3 }, log: ['oh'] })
    const log = await naru.cli(['logs', '--app', 'shop', '--service', 'job/report'])
    expect(log.stdout).toMatch(/job\/report v1 .* reporting in red\n$/)
  })

  it('cancels one that runs, and only such a one', async () => {
    const begun = JSON.parse((await jobs('run', 'slow', '--detach', '--json')).stdout)
    const run = String(begun.run.number)
    const following = jobs('show', run, '-f')
    await until(async () => (await jobs('show', run)).stdout.includes('begun'), 'its first line')
    expect(await jobs('cancel', run)).toMatchObject({ code: 0 })
    expect((await following).stdout).toContain('cancelled')
    const again = await jobs('cancel', run)
    expect(again).toMatchObject({ code: 7 })
    expect(again.stderr).toContain('(run.over)')
  })

  it('ends one whose time is over', async () => {
    const ran = await jobs('run', 'late')
    expect(ran.code).toBe(10)
    expect(ran.stderr).toContain('(job.timed-out)')
  })

  it('lets one outlive the server, and the next server keeps how it ended', async () => {
    const begun = JSON.parse((await jobs('run', 'slow', '--detach', '--json')).stdout)
    const run = String(begun.run.number)
    await until(async () => (await jobs('show', run)).stdout.includes('begun'), 'its first line')
    await naru.crash()
    await naru.up()
    expect(JSON.parse((await jobs('show', run, '--json')).stdout).run.status).toBe('running')
    await jobs('cancel', run)
    expect(JSON.parse((await jobs('show', run, '--json')).stdout).run.status).toBe('cancelled')
  })

  it('names the jobs that there are when another is asked for', async () => {
    const ran = await jobs('run', 'reports')
    expect(ran.code).toBe(4)
    expect(ran.stderr).toContain('it has report, fails, slow and late')
    expect(await jobs('show', '999')).toMatchObject({ code: 4 })
    expect(await jobs('show', 'x')).toMatchObject({ code: 2 })
  })

  it('ends with its app', async () => {
    await jobs('run', 'slow', '--detach')
    const { ended, said } = running('--', 'sh', '-c', 'echo ready; exec sleep 98764')
    await until(() => said.text.includes('ready'), 'it to be ready')
    await naru.cli(['destroy', '--app', 'shop', '--confirm', 'shop'])
    await ended
    expect(processesWith('sleep 98764')).toEqual([])
  })
})
