import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { livingProcesses } from '../../src/base/processes.ts'
import { Secret } from '../../src/base/secret.ts'
import type { CommandRun, Engine, JobRun, OpenCommand } from '../../src/engine/engine.ts'
import { until } from './until.ts'

/** What the suite needs of an implementation. */
export type RunsBench = {
  engine: Engine
  job(command: JobRun['command'], change?: Partial<JobRun>): Promise<JobRun>
  command(command: CommandRun['command'], change?: Partial<CommandRun>): Promise<CommandRun>
  /** Closes the engine; another server takes over. */
  restart(): Promise<Engine>
  end(): Promise<void>
}

/** What every engine must do with jobs, and with commands that people run by hand. */
export function runsContract(name: string, makeBench: () => Promise<RunsBench>): void {
  let bench: RunsBench
  beforeEach(async () => {
    bench = await makeBench()
  })
  afterEach(() => bench.end())

  const lines = async (change: object = {}) => {
    const texts: string[] = []
    const filter = { app: 'hello', environment: 'production', ...change }
    for await (const { text } of bench.engine.logs(filter)) texts.push(text)
    return texts
  }
  const printed = (pattern: RegExp) =>
    until(`a line ${pattern}`, async () => {
      const line = (await lines()).find((text) => pattern.test(text))
      return line === undefined ? undefined : (pattern.exec(line)?.[1] ?? line)
    })
  let naps = 0
  /** Seconds that nobody else sleeps: by them a process is found whose number, in a container, is another outside. */
  const nap = () => {
    naps += 1
    return String(100_000 + ((process.pid * 97 + naps) % 800_000))
  }
  const sleeps = (seconds: string) =>
    livingProcesses().some(({ pid }) => read(`/proc/${pid}/cmdline`) === `sleep\0${seconds}\0`)
  const runs = async (command: JobRun['command'], change: Partial<JobRun> = {}) =>
    bench.engine.run(await bench.job(command, change))

  describe(`${name}: a job`, () => {
    it('runs to its end and says how it ended', async () => {
      const end = { signal: null, timedOut: false, cancelled: false }
      expect(await runs('exit 0')).toEqual({ code: 0, ...end })
      expect(await runs('exit 7', { run: 2 })).toEqual({ code: 7, ...end })
      expect(await runs('kill -KILL $$', { run: 3 })).toMatchObject({
        code: null,
        signal: 'SIGKILL',
      })
      expect(await runs(['no-such-program'], { run: 4 })).toMatchObject({ code: 127 })
    })

    it('has written all that it wrote when it has ended, under its own name in the log', async () => {
      await runs('for n in 1 2 3; do echo "row $n"; done; printf "without an end" >&2', { run: 12 })
      expect(await lines()).toEqual(['row 1', 'row 2', 'row 3', 'without an end'])
      expect(await lines({ service: 'job/migrate' })).toHaveLength(4)
      expect(await lines({ instance: 'run-12' })).toHaveLength(4)
      expect(await lines({ service: 'web' })).toEqual([])
    })

    it('has the environment of its release and a home, but no port', async () => {
      await runs(['node', '-e', 'console.log(JSON.stringify(process.env))'], {
        environment: { COLOUR: 'red', KEY: new Secret('s3cret') },
      })
      const [text = ''] = await lines()
      const environment = JSON.parse(text)
      expect(environment).toMatchObject({
        COLOUR: 'red',
        KEY: 's3cret',
        NARU_APP: 'hello',
        NARU_ENVIRONMENT: 'production',
        NARU_RELEASE: '1',
        NARU_JOB: 'migrate',
        NARU_RUN: '1',
        NARU_COMMIT: 'c0ffee',
        HOME: expect.any(String),
      })
      expect(environment).not.toHaveProperty('PORT')
      expect(environment).not.toHaveProperty('NARU_SERVICE')
    })

    it('shows no secret in any list of processes', async () => {
      const secret = 'canary-6b1f0c'
      const seconds = nap()
      const running = runs(`echo ready; sleep ${seconds}`, {
        environment: { KEY: new Secret(secret) },
      })
      await printed(/ready/)
      const arguments_ = livingProcesses().map(({ pid }) => read(`/proc/${pid}/cmdline`))
      expect(arguments_.filter((line) => line.includes(`sleep ${seconds}`))).not.toEqual([])
      expect(arguments_.filter((line) => line.includes(secret))).toEqual([])
      await bench.engine.endRuns({}, 0)
      await running
    })

    it('is one run however often it is asked for, and its end is known afterwards', async () => {
      const job = await bench.job('echo once; sleep 0.3; exit 3')
      const ends = await Promise.all([bench.engine.run(job), bench.engine.run(job)])
      ends.push(await bench.engine.run(job))
      expect(ends.map(({ code }) => code)).toEqual([3, 3, 3])
      expect(await lines()).toEqual(['once'])
      await bench.restart()
      expect(await bench.engine.run(job)).toMatchObject({ code: 3 })
      expect(await lines()).toEqual(['once'])
      expect(await bench.engine.run({ ...job, run: 2 })).toMatchObject({ code: 3 })
      expect(await lines()).toEqual(['once', 'once'])
    })

    it('begins anew under its number when its environment was forgotten, and no other’s does', async () => {
      const place = { app: 'hello', environment: 'staging' }
      expect(await runs('exit 3', { place })).toMatchObject({ code: 3 })
      expect(await runs('exit 4')).toMatchObject({ code: 4 })
      await bench.engine.forget(place)
      expect(await runs('exit 0', { place })).toMatchObject({ code: 0 })
      expect(await runs('exit 0')).toMatchObject({ code: 4 })
    })

    it('is ended when its time is over, with all it has started', async () => {
      const seconds = nap()
      const job = await bench.job(`sleep ${seconds} & echo begun; wait`, { timeoutSeconds: 0.5 })
      expect(await bench.engine.run(job)).toEqual({
        code: null,
        signal: 'SIGTERM',
        timedOut: true,
        cancelled: false,
      })
      await printed(/begun/)
      expect(sleeps(seconds)).toBe(false)
    })

    it('is ended when it is cancelled, by its asker or by its number', async () => {
      const asker = new AbortController()
      const one = bench.engine.run(await bench.job('echo one; sleep 1000'), asker.signal)
      const two = runs('echo two; sleep 1000', { run: 2 })
      await printed(/one/)
      await printed(/two/)
      asker.abort()
      expect(await one).toMatchObject({ cancelled: true, timedOut: false, signal: 'SIGTERM' })
      await bench.engine.endRuns({ app: 'hello', environment: 'production', run: 1 }, 0)
      await bench.engine.endRuns({ app: 'hello', environment: 'production', run: 2 }, 5)
      expect(await two).toMatchObject({ cancelled: true })
    })

    it('that was cancelled before it began never begins', async () => {
      const job = await bench.job('echo began')
      expect(await bench.engine.run(job, AbortSignal.abort())).toMatchObject({ cancelled: true })
      expect(await lines()).toEqual([])
    })

    it('that ignores its signal is killed, with what has left its group', async () => {
      const seconds = nap()
      const job = await bench.job(
        `trap "" TERM; setsid sleep ${seconds} & echo begun; while :; do sleep 1; done`,
      )
      const running = bench.engine.run(job)
      await printed(/begun/)
      await until('its child', () => sleeps(seconds))
      await bench.engine.endRuns({}, 0.3)
      expect(await running).toMatchObject({ signal: 'SIGKILL', cancelled: true })
      expect(sleeps(seconds)).toBe(false)
    })

    it('leaves nothing running that it started, when it has ended by itself', async () => {
      const seconds = nap()
      await runs(`setsid sleep ${seconds} & echo begun`)
      await printed(/begun/)
      expect(sleeps(seconds)).toBe(false)
    })

    it('outlives its server, and the next one waits for its end', async () => {
      const job = await bench.job('echo begun; sleep 1; echo done; exit 5')
      const first = bench.engine.run(job)
      const cut = expect(first).rejects.toThrow('the engine was closed')
      await printed(/begun/)
      await bench.restart()
      await cut
      expect(await bench.engine.run(job)).toMatchObject({ code: 5, timedOut: false })
      expect(await lines()).toEqual(['begun', 'done'])
    })

    it('has its time measured over all servers', async () => {
      const job = await bench.job('echo begun; sleep 1000', { timeoutSeconds: 1 })
      bench.engine.run(job).catch(() => {}) // This server lets go of it.
      await printed(/begun/)
      await bench.restart()
      expect(await bench.engine.run(job)).toMatchObject({ timedOut: true })
    })

    it('counts as no instance', async () => {
      const running = runs('echo ready; sleep 1000')
      await printed(/ready/)
      expect(await bench.engine.list()).toEqual([])
      await bench.engine.endRuns({}, 0)
      await running
    })
  })

  describe(`${name}: a command that is run by hand`, () => {
    const opened = async (command: CommandRun['command'], change: Partial<CommandRun> = {}) =>
      bench.engine.open(await bench.command(command, change))
    const terminal = { columns: 91, rows: 33, kind: 'xterm-256color' }

    it('reads, writes and complains on streams of their own', async () => {
      const command = await opened('cat; echo oops >&2; exit 4')
      command.input.end('one\ntwo')
      expect(await textOf(command.output)).toBe('one\ntwo')
      expect(await textOf(command.errors as Readable)).toBe('oops\n')
      expect(await command.ended).toEqual({ code: 4, signal: null })
    })

    it('may open its streams again by their names', async () => {
      const command = await opened(
        'echo again >/dev/stdout; sleep 0.1; cat /dev/stdin; echo no >/dev/stderr',
      )
      command.input.end('in')
      expect(await textOf(command.output)).toBe('again\nin')
      expect(await textOf(command.errors as Readable)).toBe('no\n')
    })

    it('passes on every byte, however many', async () => {
      const command = await opened(['cat'])
      const bytes = Buffer.alloc(5_000_000, Buffer.from(Array.from({ length: 256 }, (_, at) => at)))
      command.input.end(bytes)
      expect((await bytesOf(command.output)).equals(bytes)).toBe(true)
    })

    it('waits for its reader rather than have anything lost or piled up', async () => {
      const command = await opened('seq 1 200000; echo end >&2')
      let hasEnded = false
      void command.ended.then(() => {
        hasEnded = true
      })
      await until('the pipe to be full', () => command.output.readableLength > 0)
      expect(hasEnded).toBe(false)
      const text = await textOf(command.output)
      expect(text.split('\n')).toHaveLength(200_001)
      expect(await command.ended).toMatchObject({ code: 0 })
    })

    it('says why it cannot be started', async () => {
      await expect(opened(['echo', 'x'.repeat(3_000_000)])).rejects.toMatchObject({
        code: 'engine.start-failed',
      })
      const command = await opened(['no-such-program'])
      expect(await textOf(command.errors as Readable)).toMatch(
        /no-such-program.*(not found|No such file)/,
      )
      expect(await command.ended).toEqual({ code: 127, signal: null })
    })

    it('has the environment of its release', async () => {
      const environment = { KEY: new Secret('s3cret') }
      const command = await opened(['node', '-e', 'console.log(JSON.stringify(process.env))'], {
        environment,
      })
      expect(JSON.parse(await textOf(command.output))).toMatchObject({
        KEY: 's3cret',
        NARU_APP: 'hello',
        NARU_RELEASE: '1',
      })
    })

    it('is ended with all that it has started', async () => {
      const [child, next] = [nap(), nap()]
      const command = await opened(
        `trap "" HUP TERM; sleep ${child} & echo begun; wait; sleep ${next}`,
      )
      await firstLine(command.output)
      await until('its child', () => sleeps(child))
      await command.end(0.3)
      expect(await command.ended).toEqual({ code: null, signal: 'SIGKILL' })
      expect(sleeps(child) || sleeps(next)).toBe(false)
    })

    it('gets signals, to all its processes', async () => {
      const command = await opened(
        'trap "echo caught; exit 6" INT; echo ready; while :; do sleep 0.1; done',
      )
      expect(await firstLine(command.output)).toBe('ready')
      command.signal('SIGINT')
      expect(await command.ended).toEqual({ code: 6, signal: null })
    })

    it('leaves nothing running when its program has ended', async () => {
      const seconds = nap()
      const command = await opened(`setsid sleep ${seconds} & echo begun`)
      expect(await textOf(command.output)).toBe('begun\n')
      await until('its end', () => !sleeps(seconds))
    })

    it('does not outlive its server', async () => {
      const seconds = nap()
      const command = await opened(`echo begun; sleep ${seconds}; true`)
      await firstLine(command.output)
      await until('it to sleep', () => sleeps(seconds))
      await bench.restart()
      expect(sleeps(seconds)).toBe(false)
    })

    it('is ended with its app, and no other’s is', async () => {
      const [others, own] = [nap(), nap()]
      const other = await opened(`echo begun; sleep ${others}`, {
        place: { app: 'shop', environment: 'production' },
      })
      const mine = await opened(`echo begun; sleep ${own}`)
      for (const each of [mine, other]) await firstLine(each.output)
      await until('both to sleep', () => sleeps(own) && sleeps(others))
      await bench.engine.endRuns({ app: 'hello' }, 1)
      expect(sleeps(own)).toBe(false)
      expect(sleeps(others)).toBe(true)
    })

    it('has a terminal of the asked size where one was asked for, and is told of another', async () => {
      const command = await opened(
        'is() { until stty size | grep "$1"; do sleep 0.05; done; }; echo $TERM; is "33 91"; read x; is "40 120"',
        { terminal },
      )
      const said = collect(command)
      await until('its kind', () => said.text.includes('xterm-256color'))
      await until('its size', () => said.text.includes('33 91'))
      command.resize({ columns: 120, rows: 40 })
      command.input.write('\r')
      await until('its new size', () => said.text.includes('40 120'))
      expect(await command.ended).toEqual({ code: 0, signal: null })
      expect(command.errors).toBeNull()
    })

    it('is interrupted by Ctrl-C and told the end of input by Ctrl-D on a terminal', async () => {
      const interrupted = await opened('echo ready; cat', { terminal })
      const said = collect(interrupted)
      await until('it to be ready', () => said.text.includes('ready'))
      interrupted.input.write('\u0003')
      expect(await interrupted.ended).toMatchObject({ signal: 'SIGINT' })
      const finished = await opened('echo ready; cat; exit 3', { terminal })
      const told = collect(finished)
      await until('it to be ready', () => told.text.includes('ready'))
      finished.input.write('\u0004')
      expect(await finished.ended).toEqual({ code: 3, signal: null })
    })

    it('may open its terminal by its name', async () => {
      const command = await opened(
        'echo one >/dev/tty; echo two >"$(tty)"; echo three >/dev/stderr',
        {
          terminal,
        },
      )
      expect(await textOf(command.output)).toBe('one\r\ntwo\r\nthree\r\n')
    })

    it('has all it wrote to a terminal read, by the slowest reader too', async () => {
      const command = await opened('seq 1 100000', { terminal })
      await until('some of it', () => {
        command.output.read(0)
        return command.output.readableLength > 0
      })
      const numbers = (await textOf(command.output)).split('\r\n')
      expect(numbers).toHaveLength(100_001)
      expect(numbers.at(-2)).toBe('100000')
    })

    it('shows no secret in any list of processes', async () => {
      const secret = 'canary-8d02aa'
      const environment = { KEY: new Secret(secret) }
      for (const way of [null, terminal]) {
        const seconds = nap()
        const command = await opened(`echo ready; sleep ${seconds}`, {
          environment,
          terminal: way,
        })
        expect(await firstLine(command.output)).toMatch(/ready/)
        const arguments_ = livingProcesses().map(({ pid }) => read(`/proc/${pid}/cmdline`))
        expect(arguments_.filter((line) => line.includes(`sleep ${seconds}`))).not.toEqual([])
        expect(arguments_.filter((line) => line.includes(secret))).toEqual([])
        await command.end(0)
      }
    })
  })
}

const textOf = async (stream: Readable) => (await bytesOf(stream)).toString()

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The first line, and reads on so that nothing piles up. */
function firstLine(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    stream.on('data', (chunk: Buffer) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')).trim())
    })
  })
}

function collect({ output }: OpenCommand): { text: string } {
  const said = { text: '' }
  output.on('data', (chunk: Buffer) => {
    said.text += chunk.toString()
  })
  return said
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return '' // It has just ended.
  }
}
