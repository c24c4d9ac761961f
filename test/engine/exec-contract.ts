import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { livingProcesses } from '../../src/base/processes.ts'
import type { Engine, InstanceCommand, OpenCommand } from '../../src/engine/engine.ts'
import type { SetSpec } from '../../src/model/set.ts'
import { commandLineOf, textOf } from './streams.ts'
import { until } from './until.ts'

/** What the suite needs of an implementation. */
export type ExecBench = {
  engine: Engine
  set(program: string, change?: Partial<SetSpec>): Promise<SetSpec>
  restart(): Promise<Engine>
  end(): Promise<void>
}

const place = { app: 'hello', environment: 'production' }

/** What every engine must do with commands inside instances. */
export function execContract(name: string, makeBench: () => Promise<ExecBench>): void {
  describe(`${name}: a command in an instance`, () => {
    let bench: ExecBench
    let instance: string
    beforeAll(async () => {
      bench = await makeBench()
      await bench.engine.ensure(await bench.set('answers', { environment: { COLOUR: 'red' } }), 1)
      instance = await until('a healthy instance', async () => {
        const [found] = await bench.engine.list()
        return found?.health === 'healthy' ? found.id : undefined
      })
    })
    afterAll(() => bench.end())

    const exec = (
      command: InstanceCommand['command'],
      terminal: InstanceCommand['terminal'] = null,
    ): Promise<OpenCommand> => bench.engine.exec({ place, instance, command, terminal })
    const said = async (command: InstanceCommand['command']) => {
      const running = await exec(command)
      running.input.end()
      return textOf(running.output)
    }
    const sleeps = (seconds: string) =>
      livingProcesses().some(({ pid }) => commandLineOf(pid) === `sleep\0${seconds}\0`)

    it('has the environment and the folder of the instance', async () => {
      expect(await said(['node', '-p', 'process.env.COLOUR + process.env.NARU_SERVICE'])).toBe(
        'redweb\n',
      )
      expect(await said('test -f answers.mjs && echo here')).toBe('here\n')
      expect(Number(await said('echo $PORT'))).toBeGreaterThan(0)
    })

    it('has streams of its own, and an exit code', async () => {
      const running = await exec('cat; echo bad >&2; exit 7')
      running.input.end('from afar\n')
      expect(await textOf(running.output)).toBe('from afar\n')
      if (running.errors === null) throw new Error('complaints have a stream of their own')
      expect(await textOf(running.errors)).toBe('bad\n')
      expect(await running.ended).toMatchObject({ code: 7 })
    })

    it('may have a terminal, whose size changes and whose Ctrl-C is the command’s', async () => {
      const terminal = { columns: 97, rows: 31, kind: 'xterm' }
      const running = await exec(['sh'], terminal)
      let text = ''
      running.output.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      const shows = (what: RegExp) =>
        until(`${what} in ${text}`, async () => what.test(text) || undefined)
      running.input.write('stty size; echo $TERM\n')
      await shows(/31 97/)
      await shows(/xterm/)
      running.resize({ columns: 40, rows: 10 })
      await until('the new size', async () => {
        running.input.write('stty size\n')
        return text.includes('10 40') || undefined
      })
      running.input.write('sleep 1000\n')
      await shows(/sleep 1000/)
      await until('the end of sleep', async () => {
        running.input.write('\x03')
        running.input.write('echo "ended by $?"\n')
        return text.includes('ended by 130') || undefined
      })
      running.input.write('exit 5\n')
      expect(await running.ended).toMatchObject({ code: 5 })
    })

    it('ends with all that it has started when whoever asked for it leaves', async () => {
      const seconds = String(700_000 + (process.pid % 90_000))
      const running = await exec(`sleep ${seconds} & sleep ${seconds}`)
      await until('its start', async () => sleeps(seconds) || undefined)
      await running.end(1)
      await until('its end', async () => !sleeps(seconds) || undefined)
      expect((await bench.engine.list())[0]).toMatchObject({ health: 'healthy', restarts: 0 })
    })

    it('counts in what the instance uses, beside its limits, where those are kept', async () => {
      const [before] = await bench.engine.usage({ service: 'web' })
      const running = await exec(['node', '-e', 'while (process.cpuUsage().user < 5e5);'])
      running.output.resume()
      running.errors?.resume()
      await running.ended
      const [after] = await bench.engine.usage({ service: 'web' })
      expect(after?.instance).toBe(instance)
      expect(after?.memoryBytes).toBeGreaterThan(5_000_000) // What it maps of files is counted where it was read first.
      expect(after?.processes).toBeGreaterThan(0)
      if (name === 'docker') {
        expect((after?.cpuSeconds ?? 0) - (before?.cpuSeconds ?? 0)).toBeGreaterThan(0.3)
        expect(after?.limits).toEqual({ cpu: null, memoryBytes: null, processes: 512 })
      }
      expect(await bench.engine.usage({ service: 'worker' })).toEqual([])
    })

    it('that does not exist ends with a code that says so', async () => {
      const running = await exec(['no-such-program'])
      running.output.resume()
      running.errors?.resume()
      // The daemon's own word for it was 126 once.
      expect([126, 127]).toContain((await running.ended).code)
    })

    it('is refused where there is no such instance, or it is down', async () => {
      await expect(
        bench.engine.exec({ place, instance: 'web-nobody', command: ['true'], terminal: null }),
      ).rejects.toMatchObject({ code: 'instance.gone', facts: { instance: 'web-nobody' } })
    })
  })
}
