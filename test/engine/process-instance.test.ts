import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { livingProcess } from '../../src/base/processes.ts'
import { Secret } from '../../src/base/secret.ts'
import { Backoff } from '../../src/engine/backoff.ts'
import { judge, unknownHealth } from '../../src/engine/health/health.ts'
import { places } from '../../src/engine/process/places.ts'
import { holdPort, isFree, portRange } from '../../src/engine/process/ports.ts'
import { slugFolder } from '../../src/engine/process/slug.ts'
import type { Instance } from '../../src/model/instance.ts'
import { type Bench, makeBench, printed } from './bench.ts'
import { until } from './until.ts'

let bench: Bench
beforeEach(async () => {
  bench = await makeBench()
})
afterEach(() => bench.end())

const only = (what: string, fits: (instance: Instance) => boolean = () => true) =>
  until(what, async () => (await bench.engine.list()).find(fits))
const isHealthy = ({ health }: Instance) => health === 'healthy'

describe('the environment of an instance', () => {
  it('is what its release says and what the engine adds, and nothing else', async () => {
    process.env.NARU_TEST_LEAK = 'leak'
    const environment = { COLOUR: 'red', KEY: new Secret('s3cret'), PORT: '1', NARU_APP: 'other' }
    const set = await bench.set('prints-environment', { routed: false, environment })
    await bench.engine.ensure(set, 1)
    const [text] = await printed(bench, /^\{.*\}$/)
    delete process.env.NARU_TEST_LEAK
    const { id, address } = await only('the instance')
    const { PATH, ...rest } = JSON.parse(text)
    const app = places(bench.folder).app('hello')
    expect(rest).toEqual({
      COLOUR: 'red',
      KEY: 's3cret',
      PORT: String(address.port),
      HOST: '127.0.0.1',
      HOME: app.home('production'),
      TMPDIR: app.temporary(id),
      TZ: process.env.TZ ?? 'UTC',
      LANG: 'C.UTF-8',
      NARU_APP: 'hello',
      NARU_ENVIRONMENT: 'production',
      NARU_SERVICE: 'web',
      NARU_RELEASE: '1',
      NARU_COMMIT: 'c0ffee',
      NARU_INSTANCE: id,
    })
    expect(PATH.split(delimiter)[0]).toBe(join(slugFolder(set.body), 'node_modules/.bin'))
    expect(PATH.split(delimiter)).toContain(dirname(process.execPath))
  })

  it('is in no file of the engine and in no list of processes’ arguments', async () => {
    const canary = 'canary-8f2b6c1d'
    await bench.engine.ensure(
      await bench.set('crashes-at-once', { environment: { KEY: new Secret(canary) } }),
      1,
    )
    await only('two restarts', ({ restarts }) => restarts === 2)
    expect(execFileSync('ps', ['axww', '-o', 'args']).toString()).not.toContain(canary)
    const [id = ''] = (await bench.engine.list()).map((instance) => instance.id)
    await bench.engine.stop([id], 0)
    for (const file of filesIn(bench.folder))
      expect(readFileSync(file, 'latin1')).not.toContain(canary)
    expect(bench.said.join('')).not.toContain(canary)
  })

  it('is not quoted when a value cannot be handed to a program', async () => {
    const set = await bench.set('answers', { environment: { KEY: 'canary\0-8f2b6c1d' } })
    await expect(bench.engine.ensure(set, 1)).rejects.toMatchObject({
      code: 'engine.start-failed',
      facts: { reason: 'cannot be started: ERR_INVALID_ARG_VALUE' },
    })
    expect(await bench.engine.list()).toEqual([])
    expect((await bench.ports.held()).size).toBe(0)
    expect(readdirSync(places(bench.folder).instances)).toEqual([])
    expect(bench.said.join('')).not.toContain('canary')
  })

  it('comes with the slug as working folder, and a home that stays while the temporary folder goes', async () => {
    const command =
      'pwd; echo kept > "$HOME/note"; echo gone > "$TMPDIR/note"; echo done; sleep 1000'
    const set = await bench.set('answers', { command, routed: false })
    await bench.engine.ensure(set, 1)
    await printed(bench, /^done$/)
    const { id } = await only('the instance')
    expect((await printed(bench, /^\/.*/))[0]).toBe(slugFolder(set.body))
    const app = places(bench.folder).app('hello')
    expect(readFileSync(join(app.temporary(id), 'note'), 'utf8')).toBe('gone\n')
    await bench.engine.stop([id], 0)
    expect(readdirSync(app.temporaries)).toEqual([])
    expect(readFileSync(join(app.home('production'), 'note'), 'utf8')).toBe('kept\n')
  })
})

describe('the port of an instance', () => {
  it('is one of the documented range, below the ephemeral ports', async () => {
    await bench.engine.ensure(await bench.set('answers'), 1)
    const { address } = await only('the instance')
    expect(address.port).toBeGreaterThanOrEqual(portRange.from)
    expect(address.port).toBeLessThanOrEqual(portRange.to)
    const [low] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split('\t')
    expect(portRange.to).toBeLessThan(Number(low))
  })

  it('is another one if a stranger listens there, on whichever address', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0', '::1']) {
      const port = await until('a free port', async () => (await isFree(25_000)) && 25_000)
      const stranger = createServer().listen(port, host)
      await once(stranger, 'listening')
      expect(await isFree(port)).toBe(false)
      stranger.close()
      await once(stranger, 'close')
    }
  })

  it('is changed if a stranger took it while the program was down', async () => {
    await bench.engine.ensure(await bench.set('answers'), 1)
    const before = await only('health', isHealthy)
    const { port } = before.address
    const ended = fetch(`http://127.0.0.1:${port}/die?code=1`).catch(() => null)
    const stranger = await until('the free port', () => listenAt(port))
    await ended
    const after = await only('its next start', (it) => it.restarts === 1 && isHealthy(it))
    stranger.close()
    expect(after.id).toBe(before.id)
    expect(after.address.port).not.toBe(port)
    expect([...(await bench.ports.held())]).toEqual([[after.address.port, after.id]])
  })

  it('is free again when the instance is gone', async () => {
    await bench.engine.ensure(await bench.set('answers'), 2)
    expect((await bench.ports.held()).size).toBe(2)
    await bench.engine.stop(
      (await bench.engine.list()).map(({ id }) => id),
      1,
    )
    expect((await bench.ports.held()).size).toBe(0)
  })

  it('cannot be had when all are held', async () => {
    const all = Array.from(
      { length: portRange.to - portRange.from + 1 },
      (_, at) => [portRange.from + at, 'x'] as const,
    )
    const full = {
      held: async () => new Map(all),
      hold: async () => false,
      release: async () => {},
    }
    await expect(holdPort(full, 'web-1')).rejects.toMatchObject({
      code: 'engine.no-port',
      facts: portRange,
    })
  })

  function listenAt(port: number) {
    const server = createServer((socket) => socket.destroy())
    return new Promise<typeof server | null>((resolve) => {
      server.once('error', () => resolve(null)).listen(port, '127.0.0.1', () => resolve(server))
    })
  }
})

describe('ending an instance', () => {
  it('ends its children and their children', async () => {
    await bench.engine.ensure(await bench.set('forks-a-child'), 1)
    const pids = await numbers(3)
    const { id } = await only('the instance')
    await bench.engine.stop([id], 5)
    expect(pids.map(livingProcess)).toEqual([null, null, null])
  })

  it('ends what has left its process group', async () => {
    await bench.engine.ensure(await bench.set('leaves-its-group', { routed: false }), 1)
    const [pid = 0] = await numbers(1)
    expect(livingProcess(pid)?.group).toBe(pid)
    const { id } = await only('the instance')
    await bench.engine.stop([id], 5)
    expect(livingProcess(pid)).toBeNull()
  })

  it('waits for a program whose shell the signal has ended before it', async () => {
    const command = 'node exits-cleanly-slowly.mjs; true'
    await bench.engine.ensure(await bench.set('exits-cleanly-slowly', { command }), 1)
    const { id } = await only('health', isHealthy)
    await bench.engine.stop([id], 5)
    expect((await printed(bench, /^finished$/))[0]).toBe('finished')
  })

  it('uses the signal that its service asks for', async () => {
    const command = [
      'node',
      '-e',
      `process.on('SIGUSR2', () => { console.log('usr2'); process.exit() }); console.log('up'); setInterval(() => {}, 1000)`,
    ] as const
    const stop = { signal: 'SIGUSR2', graceSeconds: 5 } as const
    await bench.engine.ensure(await bench.set('answers', { command, routed: false, stop }), 1)
    await printed(bench, /^up$/)
    const { id } = await only('the instance')
    await bench.engine.stop([id], 5)
    await printed(bench, /^usr2$/)
  })

  it('is hurried by asking again with a shorter grace', async () => {
    await bench.engine.ensure(await bench.set('ignores-sigterm', { routed: false }), 1)
    await printed(bench, /^child/)
    const { id } = await only('the instance')
    const patient = bench.engine.stop([id], 60)
    await bench.engine.stop([id], 0)
    await patient
  })

  it('leaves nothing but its home, its log and its slug', async () => {
    await bench.engine.ensure(await bench.set('answers'), 1)
    const { id } = await only('health', isHealthy)
    await bench.engine.stop([id], 5)
    expect(filesIn(bench.folder).filter((file) => file.includes(id))).toEqual([])
    expect(readdirSync(places(bench.folder).instances)).toEqual([])
  })
})

describe('a program that ends by itself', () => {
  it('is rid of what it left running before it is started again', async () => {
    await bench.engine.ensure(await bench.set('forks-a-child'), 1)
    const before = await numbers(3)
    const { address } = await only('health', isHealthy)
    await fetch(`http://127.0.0.1:${address.port}/die`, { headers: { connection: 'close' } })
    const again = await only('its start', (it) => it.restarts === 1 && isHealthy(it))
    expect(again.lastExit).toMatchObject({ code: 5 })
    expect(before.map(livingProcess)).toEqual([null, null, null])
    expect(await numbers(6)).toHaveLength(6)
  })

  it('is said to have been killed if a signal ended it', async () => {
    await bench.engine.ensure(await bench.set('answers', { command: ['node', 'answers.mjs'] }), 1)
    await only('health', isHealthy)
    const { lastExit } = await killedBy('SIGKILL', () => programOf('answers.mjs'))
    expect(lastExit).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  it('is ended with its launcher, if somebody kills that', async () => {
    await bench.engine.ensure(await bench.set('answers'), 1)
    const { pid } = await only('health', isHealthy)
    const program = programOf('answers.mjs')
    const { lastExit } = await killedBy('SIGKILL', () => pid ?? 0)
    expect(lastExit).toMatchObject({ code: null, signal: 'SIGKILL' })
    await only('its next start', (it) => it.restarts === 1 && isHealthy(it))
    expect(livingProcess(program)).toBeNull()
  })

  it('is started again after 0.25 s, 1 s, 3 s', async () => {
    const starts: number[] = []
    const look = async () => {
      const [instance] = await bench.engine.list()
      const at = Date.parse(instance?.startedAt ?? '')
      if (!starts.includes(at)) starts.push(at)
    }
    bench.engine.watch(() => void look())
    await bench.engine.ensure(await bench.set('crashes-at-once'), 1)
    await only('three restarts', ({ restarts }) => restarts === 3)
    await until('four starts', () => starts.length === 4)
    const waits = starts.slice(1).map((at, index) => at - (starts[index] ?? 0))
    for (const [index, least] of [250, 1000, 3000].entries()) {
      expect(waits[index]).toBeGreaterThanOrEqual(least)
      expect(waits[index]).toBeLessThan(least + 1500)
    }
  })

  it('is tried again in 30 s at the longest, and anew from 0.25 s after a minute of health', () => {
    const backoff = new Backoff()
    const waits = [0, 0, 0, 59_999, 0, 0, 60_000, 0].map((healthy) => backoff.nextMs(healthy))
    expect(waits).toEqual([250, 1000, 3000, 9000, 30_000, 30_000, 250, 1000])
  })

  it('that cannot even be started says so, and runs when it can', async () => {
    const set = await bench.set('answers')
    await bench.engine.ensure(
      { ...set, body: { kind: 'slug', folder: `${slugFolder(set.body)}-later` } },
      1,
    )
    await only('the reason', ({ reason }) => reason === 'cannot be started: ENOENT')
    await bench.engine.ensure(set, 1)
    await only('health', isHealthy)
  })

  it('that does not exist ends with 127, and the log says what was not found', async () => {
    await bench.engine.ensure(await bench.set('answers', { command: ['no-such-program'] }), 1)
    await only('the end', ({ lastExit }) => lastExit?.code === 127)
    await printed(bench, /no-such-program: not found/)
  })

  const programOf = (name: string) => {
    const lines = execFileSync('ps', ['axww', '-o', 'pid,pgid,args']).toString().split('\n')
    const found = lines.find((line) => line.includes(`node ${name}`) && !line.includes('launch.sh'))
    return Number.parseInt(found ?? '', 10)
  }

  function killedBy(signal: NodeJS.Signals, pid: () => number): Promise<Instance> {
    process.kill(pid(), signal)
    return only('its end', ({ health }) => health === 'down')
  }
})

describe('a verdict on health', () => {
  const refused = { ok: false, kind: 'refused', reason: 'connection refused' } as const
  const missed = { ok: false, kind: 'missed', reason: 'GET / answered 500' } as const
  const healthy = judge(unknownHealth(false), { ok: true }, 1000)

  it('believes one refused connection', () => {
    expect(judge(healthy, refused, 2000)).toMatchObject({
      health: 'unhealthy',
      healthySince: null,
      longestMs: 1000,
    })
  })

  it('believes two failures of another kind in a row, and not two with an answer between', () => {
    const once = judge(healthy, missed, 2000)
    expect(once).toMatchObject({ health: 'healthy', healthySince: 1000, reason: null })
    expect(judge(once, missed, 3000)).toMatchObject({
      health: 'unhealthy',
      reason: 'GET / answered 500',
    })
    expect(judge(judge(once, { ok: true }, 3000), missed, 4000)).toMatchObject({
      health: 'healthy',
      healthySince: 1000,
    })
  })
})

describe('cleaning up', () => {
  const other = `sha256-${'b'.repeat(64)}`

  it('removes slugs that nothing needs, read-only ones too, and nothing else in the folder', async () => {
    const app = places(bench.folder).app('hello')
    const set = await bench.set('answers')
    for (const name of [other, '.building-1'])
      execFileSync('cp', ['-r', slugFolder(set.body), app.slug(name)])
    execFileSync('chmod', ['-R', 'a-w', app.slug(other)])
    const keep = { artifacts: new Set([slugFolder(set.body).slice(-71)]), apps: new Set(['hello']) }
    const collected = await bench.engine.collect(keep)
    expect(collected).toMatchObject({ artifacts: 1 })
    expect(collected.bytes).toBeGreaterThan(1000)
    expect(readdirSync(app.slugs).sort()).toEqual(['.building-1', slugFolder(set.body).slice(-71)])
  })

  it('removes everything of an app that is no more, and leaves the others', async () => {
    const at = places(bench.folder)
    const place = { environment: 'production', service: 'web', release: 1 }
    for (const app of ['hello', 'shop']) {
      await bench.engine.ensure(await bench.set('crashes-at-once', { set: { ...place, app } }), 1)
      await printed(bench, /no database/, app)
    }
    await bench.engine.stop(
      (await bench.engine.list()).map(({ id }) => id),
      0,
    )
    await bench.engine.collect({
      artifacts: new Set([`sha256-${'a'.repeat(64)}`]),
      apps: new Set(['shop']),
    })
    expect(readdirSync(at.apps)).toEqual(['shop'])
    expect(readdirSync(at.logs)).toEqual(['shop'])
    expect(readdirSync(at.app('shop').slugs)).toHaveLength(1)
  })

  it('removes what a loss of power has left of a record, and its port', async () => {
    await bench.engine.ensure(await bench.set('answers'), 1)
    const { id } = await only('health', isHealthy)
    await bench.engine.stop([id], 1)
    await bench.engine.close()
    execFileSync('mkdir', [join(places(bench.folder).instances, 'web-half')])
    await bench.ports.hold(20_000, 'web-half')
    await bench.restart()
    expect(readdirSync(places(bench.folder).instances)).toEqual([])
    expect((await bench.ports.held()).size).toBe(0)
    rmSync(join(bench.folder, 'ports.json'))
  })
})

async function numbers(count: number): Promise<number[]> {
  return until(`${count} process numbers`, async () => {
    const found: number[] = []
    for await (const { text } of bench.engine.logs({ app: 'hello', environment: 'production' })) {
      const number = /^process (\d+)$/.exec(text)?.[1]
      if (number !== undefined) found.push(Number(number))
    }
    return found.length === count && found
  })
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
