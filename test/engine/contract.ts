import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { Secret } from '../../src/base/secret.ts'
import type { Engine } from '../../src/engine/engine.ts'
import type { ArtifactBody } from '../../src/model/artifact.ts'
import type { Instance } from '../../src/model/instance.ts'
import type { Release } from '../../src/model/release.ts'
import type { SetSpec } from '../../src/model/set.ts'
import { until } from './until.ts'

/** What the suite needs of an implementation. */
export type EngineBench = {
  engine: Engine
  /** A set that runs a program of `test/fixtures/programs` by its name. */
  set(program: string, change?: Partial<SetSpec>): Promise<SetSpec>
  /** What no artifact has any more. */
  gone: ArtifactBody
  /** Closes the engine; another server takes over. */
  restart(): Promise<Engine>
  end(): Promise<void>
}

/** What every engine must do. */
export function engineContract(name: string, makeBench: () => Promise<EngineBench>): void {
  describe(`${name}: an engine`, () => {
    let bench: EngineBench
    beforeEach(async () => {
      bench = await makeBench()
    })
    afterEach(() => bench.end())

    const all = () => bench.engine.list()
    const healthy = (count: number) =>
      until(`${count} healthy instances`, async () => {
        const instances = (await all()).filter(({ health }) => health === 'healthy')
        return instances.length === count && instances
      })
    const first = (what: string, fits: (instance: Instance) => boolean) =>
      until(what, async () => (await all()).find(fits))
    const ask = async ({ address }: Instance, path = '/') => {
      const response = await fetch(`http://${address.host}:${address.port}${path}`, {
        headers: { connection: 'close' },
      })
      return response.text()
    }
    const lines = async (change: object = {}) => {
      const texts: string[] = []
      const filter = { app: 'hello', environment: 'production', ...change }
      for await (const { text } of bench.engine.logs(filter)) texts.push(text)
      return texts
    }

    describe('prepares', () => {
      it('a release whose artifact is there, as often as it is asked', async () => {
        const { body } = await bench.set('answers')
        await bench.engine.prepare(release, body)
        await bench.engine.prepare(release, body)
        expect(await all()).toEqual([])
      })

      it('nothing when the artifact is gone, and says which', async () => {
        const attempt = bench.engine.prepare(release, bench.gone)
        await expect(attempt).rejects.toMatchObject({
          code: 'artifact.missing',
          facts: { digest: release.artifact },
        })
        await expect(attempt).rejects.toBeInstanceOf(NaruError)
      })
    })

    describe('starts', () => {
      it('as many instances as it is asked for, each with an address of its own', async () => {
        await bench.engine.ensure(await bench.set('answers'), 2)
        const [one, two] = (await healthy(2)) as [Instance, Instance]
        expect(await ask(one)).toBe(`hello from ${one.id}`)
        expect(await ask(two)).toBe(`hello from ${two.id}`)
        expect(one.set).toEqual({
          app: 'hello',
          environment: 'production',
          service: 'web',
          release: 1,
        })
        expect(one).toMatchObject({ restarts: 0, lastExit: null, reason: null, listening: [] })
      })

      it('only what is missing, however often and at once it is asked', async () => {
        const set = await bench.set('answers')
        await Promise.all([
          bench.engine.ensure(set, 1),
          bench.engine.ensure(set, 2),
          bench.engine.ensure(set, 2),
        ])
        await bench.engine.ensure(set, 1)
        expect(await healthy(2)).toHaveLength(2)
        expect(await all()).toHaveLength(2)
      })

      it('a text as a shell would, and a list as it is', async () => {
        const set = await bench.set('answers', {
          command: 'GREETING=hi; export GREETING; exec node answers.mjs',
        })
        await bench.engine.ensure(set, 1)
        const [instance] = (await healthy(1)) as [Instance]
        expect(JSON.parse(await ask(instance, '/environment'))).toMatchObject({ GREETING: 'hi' })
        const odd = {
          command: ['node', '-e', 'console.log(process.argv[1])', 'a $HOME; "b'] as const,
          routed: false,
        }
        await bench.engine.ensure(
          await bench.set('answers', { ...odd, set: { ...set.set, service: 'worker' } }),
          1,
        )
        await until('the argument', async () =>
          (await lines({ service: 'worker' })).includes('a $HOME; "b'),
        )
      })

      it('each with its release’s environment and what every instance gets', async () => {
        const environment = { COLOUR: 'red', KEY: new Secret('s3cret') }
        await bench.engine.ensure(await bench.set('answers', { environment }), 1)
        const [instance] = (await healthy(1)) as [Instance]
        expect(JSON.parse(await ask(instance, '/environment'))).toMatchObject({
          COLOUR: 'red',
          KEY: 's3cret',
          PORT: expect.stringMatching(/^\d+$/),
          NARU_APP: 'hello',
          NARU_ENVIRONMENT: 'production',
          NARU_SERVICE: 'web',
          NARU_RELEASE: '1',
          NARU_COMMIT: 'c0ffee',
          NARU_INSTANCE: instance.id,
        })
      })
    })

    describe('says how an instance is', () => {
      it('starting until it answers, and how long it has been healthy since', async () => {
        await bench.engine.ensure(await bench.set('answers'), 1)
        expect((await all())[0]).toMatchObject({ health: 'starting', healthyForMs: 0 })
        await healthy(1)
        await first('300 ms of health', ({ healthyForMs }) => healthyForMs >= 300)
      })

      it('starting, with the reason, while nobody listens, says nothing or answers 500', async () => {
        const place = { app: 'hello', environment: 'production', release: 1 }
        for (const program of ['wrong-port', 'never-answers', 'answers-500']) {
          const set = await bench.set(program, { set: { ...place, service: program } })
          await bench.engine.ensure(set, 1)
        }
        const reason = (service: string) =>
          first(
            `a reason of ${service}`,
            (it) => it.set.service === service && it.reason !== null,
          ).then((it) => it.reason)
        expect(await reason('wrong-port')).toBe('connection refused')
        await first('the silence', ({ reason }) => reason === 'no answer within 0.5 s')
        await first('the 500', ({ reason }) => reason === 'GET / answered 500')
        expect((await all()).map(({ health }) => health)).toEqual([
          'starting',
          'starting',
          'starting',
        ])
      })

      it('on which ports it listens instead of the one it was given', async () => {
        await bench.engine.ensure(await bench.set('wrong-port'), 1)
        const instance = await first('a port', ({ listening }) => listening.length > 0)
        await until('the line', async () =>
          (await lines()).includes(`port ${instance.listening[0]}`),
        )
        expect(instance.listening).not.toContain(instance.address.port)
      })

      it('unhealthy when it was healthy and is not now, and healthy again', async () => {
        await bench.engine.ensure(await bench.set('breaks-on-request'), 1)
        const [instance] = (await healthy(1)) as [Instance]
        await ask(instance, '/break')
        const ill = await first('its illness', ({ health }) => health === 'unhealthy')
        expect(ill).toMatchObject({ reason: 'GET / answered 500', healthyForMs: 0, restarts: 0 })
        await ask(instance, '/mend')
        await healthy(1)
      })

      it('healthy while it is alive, if nothing is routed to it', async () => {
        await bench.engine.ensure(await bench.set('ticks', { routed: false }), 1)
        await healthy(1)
        await bench.restart()
        await healthy(1)
      })
    })

    describe('keeps instances running', () => {
      it('starts a program that ends again, as the same instance, and tells how it ended', async () => {
        await bench.engine.ensure(await bench.set('answers'), 1)
        const [before] = (await healthy(1)) as [Instance]
        await ask(before, '/die?code=7')
        const after = await first(
          'a second start',
          ({ restarts, health }) => restarts === 1 && health === 'healthy',
        )
        expect(after.id).toBe(before.id)
        expect(after.address).toEqual(before.address)
        expect(after.lastExit).toMatchObject({ code: 7, signal: null })
        expect(after.pid).not.toBe(before.pid)
      })

      it('counts one that ends again and again, and lists it as down between its starts', async () => {
        await bench.engine.ensure(await bench.set('crashes-at-once'), 1)
        const down = await first(
          'two starts more',
          ({ restarts, health }) => restarts === 2 && health === 'down',
        )
        expect(down).toMatchObject({ lastExit: { code: 3 }, reason: 'exit code 3', pid: null })
        await bench.engine.ensure(await bench.set('crashes-at-once'), 1)
        expect(await all()).toHaveLength(1)
      })

      it('has what it wrote last in the log before it says that it is down', async () => {
        await bench.engine.ensure(await bench.set('crashes-at-once'), 1)
        await first('its end', ({ health }) => health === 'down')
        expect((await lines())[0]).toBe('no database')
      })
    })

    describe('stops', () => {
      it('what it is told to, and nothing else', async () => {
        const set = await bench.set('answers')
        await bench.engine.ensure(set, 2)
        const [one, two] = (await healthy(2)) as [Instance, Instance]
        await bench.engine.stop([one.id], 5)
        expect((await all()).map(({ id }) => id)).toEqual([two.id])
        await expect(ask(one)).rejects.toThrow()
        expect(await ask(two)).toBe(`hello from ${two.id}`)
      })

      it('what is gone without complaint', async () => {
        await bench.engine.stop(['web-never-was'], 5)
      })

      it('with time to finish, and keeps what was written in it', async () => {
        await bench.engine.ensure(await bench.set('exits-cleanly-slowly'), 1)
        const [instance] = (await healthy(1)) as [Instance]
        const stopped = bench.engine.stop([instance.id], 5)
        await first('that it stops', ({ health }) => health === 'stopping')
        await stopped
        expect(await lines()).toEqual(['finishing', 'finished'])
      })

      it('one that waits for its next start', async () => {
        await bench.engine.ensure(await bench.set('crashes-at-once'), 1)
        const { id } = await first('its end', ({ health }) => health === 'down')
        await bench.engine.stop([id], 5)
        expect(await all()).toEqual([])
      })

      it('one that ignores its signal, with all it has started, after the grace', async () => {
        await bench.engine.ensure(await bench.set('ignores-sigterm', { routed: false }), 1)
        await until('its child', async () =>
          (await lines()).some((line) => line.startsWith('child')),
        )
        const [instance] = (await all()) as [Instance]
        const before = performance.now()
        await bench.engine.stop([instance.id], 0.5)
        expect(performance.now() - before).toBeGreaterThan(490)
        expect(await all()).toEqual([])
      })

      it('and another is started in its place only if that is asked for', async () => {
        const set = await bench.set('answers')
        await bench.engine.ensure(set, 1)
        const [old] = (await healthy(1)) as [Instance]
        const stopped = bench.engine.stop([old.id], 5)
        await bench.engine.ensure(set, 1)
        await stopped
        const [young] = (await healthy(1)) as [Instance]
        expect(young.id).not.toBe(old.id)
      })
    })

    describe('tells', () => {
      it('that something appeared, became healthy, went down and is gone', async () => {
        const seen: string[] = []
        const look = async () =>
          seen.push((await all()).map(({ health }) => health).join() || 'none')
        const unwatch = bench.engine.watch(() => void look())
        const saw = (what: string) => until(what, () => seen.includes(what))
        await bench.engine.ensure(await bench.set('answers'), 1)
        const [instance] = (await healthy(1)) as [Instance]
        await saw('starting')
        await saw('healthy')
        await ask(instance, '/die?code=1')
        await saw('down')
        await bench.engine.stop([instance.id], 5)
        await saw('none')
        unwatch()
        const count = seen.length
        await bench.engine.ensure(await bench.set('answers'), 1)
        await healthy(1)
        expect(seen).toHaveLength(count)
      })

      it('only of the instances that it is asked about', async () => {
        const place = { app: 'hello', environment: 'production', service: 'web' }
        for (const release of [1, 2]) {
          await bench.engine.ensure(await bench.set('answers', { set: { ...place, release } }), 1)
        }
        expect(await bench.engine.list({ release: 2 })).toHaveLength(1)
        expect(await bench.engine.list({ app: 'hello', service: 'web' })).toHaveLength(2)
        expect(await bench.engine.list({ app: 'other' })).toEqual([])
      })
    })

    describe('keeps what instances write', () => {
      const printing = (count: number) =>
        bench.set('prints-lines', { routed: false, environment: { LINES: String(count) } })
      const allLines = async (count: number) => {
        await bench.engine.ensure(await printing(count), 1)
        await until('the last line', async () => (await lines()).length === count)
      }

      it('in order, each line with its place, its time and who wrote it', async () => {
        await allLines(50)
        const [instance] = (await all()) as [Instance]
        const read = []
        for await (const line of bench.engine.logs({ app: 'hello', environment: 'production' }))
          read.push(line)
        expect(read.map(({ text }) => text.trim())).toEqual(
          Array.from({ length: 50 }, (_, at) => `line ${at + 1}`),
        )
        expect(read[0]).toMatchObject({ instance: instance.id, service: 'web', release: 1 })
        expect(read.map(({ position }) => position)).toEqual(
          read.map(({ position }) => position).sort((a, b) => a - b),
        )
        expect(Date.parse(read[0]?.at ?? '')).toBeGreaterThan(Date.now() - 60_000)
      })

      it('the newest, those after a position, those since a time, those of one instance', async () => {
        await allLines(20)
        expect((await lines({ tail: 2 })).map((text) => text.trim())).toEqual([
          'line 19',
          'line 20',
        ])
        const read = []
        for await (const line of bench.engine.logs({ app: 'hello', environment: 'production' }))
          read.push(line)
        expect(await lines({ after: read[17]?.position })).toHaveLength(2)
        expect(await lines({ since: read[0]?.at })).toHaveLength(20)
        expect(await lines({ since: new Date(Date.now() + 60_000).toISOString() })).toEqual([])
        expect(await lines({ instance: read[0]?.instance })).toHaveLength(20)
        expect(await lines({ instance: 'web-other' })).toEqual([])
        expect(await lines({ release: 2 })).toEqual([])
        expect(await lines({ environment: 'staging' })).toEqual([])
      })

      it('and hands on what is written from now on, until it is told to end', async () => {
        await bench.engine.ensure(await bench.set('ticks', { routed: false }), 1)
        const end = new AbortController()
        const read: number[] = []
        const filter = { app: 'hello', environment: 'production', follow: true, tail: 0 }
        for await (const { text } of bench.engine.logs(filter, end.signal)) {
          read.push(Number(text.split(' ')[1]))
          if (read.length === 10) end.abort()
        }
        expect(read).toEqual(Array.from({ length: 10 }, (_, at) => (read[0] ?? 0) + at))
      })

      it('when the instance is gone, too', async () => {
        await allLines(5)
        await bench.engine.stop(
          (await all()).map(({ id }) => id),
          5,
        )
        expect(await lines()).toHaveLength(5)
      })
    })

    describe('outlives its server', () => {
      it('lets every instance run on, and the next server finds each as it is', async () => {
        const set = await bench.set('answers')
        await bench.engine.ensure(set, 2)
        const before = await healthy(2)
        await bench.restart()
        const after = await all()
        expect(after.map(({ id, pid, health }) => ({ id, pid, health })).sort(byId)).toEqual(
          before.map(({ id, pid, health }) => ({ id, pid, health })).sort(byId),
        )
        await bench.engine.ensure(set, 2)
        expect(await all()).toHaveLength(2)
      })

      it('lets run on what it has only just started', async () => {
        await bench.engine.ensure(await bench.set('answers'), 3)
        await bench.restart()
        const instances = await healthy(3)
        expect(instances.map(({ restarts }) => restarts)).toEqual([0, 0, 0])
      })

      it('knows how one ended while no server ran, and starts it again when the set is wanted', async () => {
        const set = await bench.set('dies-later', { environment: { DIE_AFTER_MS: '600' } })
        await bench.engine.ensure(set, 1)
        const [before] = (await healthy(1)) as [Instance]
        await bench.engine.close()
        await until('its end', () =>
          ask(before).then(
            () => false,
            () => true,
          ),
        )
        await bench.restart()
        const down = await first('its end', ({ health }) => health === 'down')
        expect(down).toMatchObject({
          id: before.id,
          lastExit: { code: 7, signal: null },
          restarts: 0,
        })
        await bench.engine.ensure(set, 1)
        const again = await first('its start', ({ health }) => health === 'healthy')
        expect(again).toMatchObject({ id: before.id, restarts: 1, address: before.address })
      })

      it('loses no line and has none twice', async () => {
        await bench.engine.ensure(
          await bench.set('ticks', { routed: false, environment: { TICK_MS: '5' } }),
          1,
        )
        for (const count of [20, 60, 100]) {
          await until(`${count} lines`, async () => (await lines()).length > count)
          await bench.restart()
        }
        await until('130 lines', async () => (await lines()).length > 130)
        const read = await lines()
        expect(read).toEqual(read.map((_, at) => `tick ${at + 1}`))
      })
    })

    describe('cleans up', () => {
      it('nothing that an instance uses or a release needs', async () => {
        const set = await bench.set('answers')
        await bench.engine.ensure(set, 1)
        expect(await bench.engine.collect({ artifacts: new Set(), apps: new Set() })).toMatchObject(
          { artifacts: 0 },
        )
        const [instance] = (await healthy(1)) as [Instance]
        expect(await ask(instance)).toContain('hello')
      })

      it('the logs of an app that is no more', async () => {
        await bench.engine.ensure(await bench.set('crashes-at-once'), 1)
        await until('a line', async () => (await lines()).length > 0)
        await bench.engine.stop(
          (await all()).map(({ id }) => id),
          5,
        )
        await bench.engine.collect({ artifacts: new Set(), apps: new Set() })
        expect(await lines()).toEqual([])
      })

      it('what it kept for an environment, and nothing of another', async () => {
        const place = { app: 'hello', service: 'web', release: 1 }
        const logsOf = (environment: string) => lines({ environment })
        for (const environment of ['staging', 'production']) {
          const set = { ...place, environment }
          await bench.engine.ensure(await bench.set('crashes-at-once', { set }), 1)
          await until('a line', async () => (await logsOf(environment)).length > 0)
        }
        await bench.engine.stop(
          (await all()).map(({ id }) => id),
          5,
        )

        await bench.engine.forget({ app: 'hello', environment: 'staging' })
        await bench.engine.forget({ app: 'hello', environment: 'staging' })

        expect(await logsOf('staging')).toEqual([])
        expect((await logsOf('production')).length).toBeGreaterThan(0)
      })
    })
  })
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

const release: Release = {
  app: 'hello',
  environment: 'production',
  number: 1,
  commit: 'c0ffee',
  title: 'First',
  build: 1,
  artifact: `sha256-${'a'.repeat(64)}`,
  services: {},
  jobs: {},
  strategy: 'blue-green',
  promotedFrom: null,
  routes: [],
  settings: {},
  secrets: {},
  createdAt: '2026-01-01T00:00:00.000Z',
  by: 'owner',
  reason: 'push',
  stableAt: null,
}
