import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InstanceView } from '../../src/contract/shapes.ts'
import { webApp } from '../support/apps.ts'
import { isAlive, Naru, until } from '../support/naru.ts'
import type { Visitors } from '../support/visitor.ts'
import { Subject } from './subject.ts'

/** Instances die, or never live, while visitors ask: of the release that serves, and of the one that is coming. */

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const release = (number: number, more: object = {}) => webApp({ says: `v${number}`, ...more })

const timesOf = ({ failures }: Visitors): number[] =>
  failures.map((failure) => Date.parse(failure.split(' ')[0] ?? ''))

/** From the first failure to the last, in milliseconds. */
function failingMs(visitors: Visitors): number {
  const times = timesOf(visitors)
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times)
}

describe('a coming instance that is killed', () => {
  it('before it has traffic is started again, counts, and nobody notices', async () => {
    const it = await Subject.serving(naru, 'early', release(1))
    const visitors = await it.underLoad(async () => {
      const pushed = await it.deployThen(release(2, { healthyFor: '2s' }), 'starting', async () =>
        it.kill(await it.pids(2)),
      )
      expect(pushed.output).toContain('live at')
      await it.serves(2)
    })
    expect(await it.instances('web', 2)).toMatchObject([{ restarts: 1 }])
    expect(visitors.failures).toEqual([])
  })

  it('in the middle of a request fails that request, and the old release has the traffic again within a second', async () => {
    const it = await Subject.serving(naru, 'middle', release(1))
    let slow: Promise<number | string> = Promise.resolve(0)
    const visitors = await it.underLoad(async () => {
      const two = release(2, { settle: '20s', slowMs: 20_000 })
      const pushed = await it.deployThen(two, 'baking', async () => {
        slow = naru.visit('middle', '/slow').then(
          ({ status }) => status,
          () => 'reset',
        )
        await until(async () => (await naru.visit('middle')).body === 'v2', 'v2 to answer')
        await it.kill(await it.pids(2))
      })
      expect(pushed.code).toBe(1)
      expect(pushed.output).toContain('v1')
      await it.serves(1)
    })
    expect([502, 503, 'reset']).toContain(await slow)
    expect(await it.newest()).toMatchObject({ status: 'rolled_back' })
    expect(failingMs(visitors)).toBeLessThan(1000)
  })
})

describe('an instance that serves and is killed', () => {
  it('leaves its requests to the others, runs again, and counts for nothing in a rollout under way', async () => {
    const it = await Subject.serving(naru, 'stable', release(1, { replicas: 2 }))
    const visitors = await it.underLoad(async () => {
      const two = release(2, { replicas: 2, healthyFor: '3s' })
      const pushed = await it.deployThen(two, 'starting', async () => {
        const [one = 0] = await it.pids(1)
        await it.kill([one])
        await until(async () => {
          const old = await it.instances('web', 1)
          const restarts = old.map((instance) => instance.restarts).sort()
          // Until its death is heard of, it is still the healthy one that it was.
          return isDeepStrictEqual(restarts, [0, 1]) && old.every(isHealthy)
        }, 'the killed one to be back')
      })
      expect(pushed.output).toContain('live at')
    })
    expect(await it.newest()).toMatchObject({ number: 2, status: 'succeeded' })
    // What it was answering when it died; each visitor has one request at a time.
    expect(visitors.failures.length).toBeLessThanOrEqual(2)
  })

  it('alone is back within a second of being able to answer, and nothing is deployed for it', async () => {
    const it = await Subject.serving(naru, 'alone', release(1))
    const visitors = await it.underLoad(async (asking) => {
      await it.kill(await it.pids(1))
      await until(async () => {
        const [one] = await it.instances()
        return one?.restarts === 1 && isHealthy(one)
      }, 'it to be back')
      const backMs = Date.now()
      await it.serves(1)
      await until(() => Date.now() > backMs + 1500, 'visitors to ask for more than a second')
      expect(timesOf(asking).filter((time) => time > backMs + 1000)).toEqual([])
    })
    expect(visitors.seen).toEqual(['v1'])
    expect(await it.instances()).toMatchObject([{ restarts: 1 }])
    expect(await it.deployments()).toHaveLength(1)
  })
})

describe('a release that', () => {
  const never = { healthyWithin: '3s' }
  it.each([
    [
      'ends as soon as it starts',
      { webFirst: `console.log('cannot reach the moon'); process.exit(1)` },
    ],
    [
      'runs and never listens',
      {
        ...never,
        webFirst: `console.log('cannot reach the moon'); setInterval(() => {}, 1000); return`,
      },
    ],
    [
      'hangs in its first line',
      {
        ...never,
        webFirst: `console.log('cannot reach the moon'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
      },
    ],
    [
      'takes connections and never answers',
      {
        ...never,
        webFirst: `console.log('cannot reach the moon'); require('node:net').createServer(() => {}).listen(process.env.PORT, process.env.HOST); return`,
      },
    ],
  ])('%s gets no visitor, ends in time, and its lines are kept', async (what, how) => {
    const name = what.split(' ').slice(0, 2).join('-')
    const it = await Subject.serving(naru, name, release(1))
    const visitors = await it.underLoad(async () => {
      const { code, output } = await it.repository.deploy(release(2, how))
      expect(code).toBe(1)
      expect(output).toContain('cannot reach the moon')
      expect(output).toContain('v1')
    })
    expect(await it.newest()).toMatchObject({ number: 2, status: 'failed' })
    expect(visitors).toMatchObject({ failures: [], seen: ['v1'] })
    const logs = await naru.cli(['logs', '--app', name])
    expect(logs.stdout).toContain('cannot reach the moon')
    await until(async () => (await it.instances('web', 2)).length === 0, 'nothing of it to be left')
  })
})

describe('a release that serves and dies', () => {
  it('while its successor starts leaves the traffic to that as soon as it is healthy', async () => {
    const it = await Subject.serving(naru, 'succeeded', release(1, mortal))
    const two = release(2, { healthyFor: '2s' })
    const pushed = await it.deployThen(two, 'starting', () => die(it))
    expect(pushed.output).toContain('live at')
    await it.serves(2)
  })

  it('while half of the traffic is at its successor leaves that all of it', async () => {
    const rolling = (number: number, more: object = {}) =>
      release(number, { replicas: 2, more: 'strategy: rolling\n', ...more })
    const it = await Subject.serving(naru, 'half', rolling(1, mortal))
    const { pushed, begun } = it.deployAndLook(
      rolling(2, { healthyFor: '1s', settle: '1s' }),
      'starting',
    )
    await begun
    await until(async () => (await naru.visit('half')).body === 'v2', 'v2 to have its share')
    await die(it)
    await until(async () => {
      const bodies = await Promise.all([1, 2, 3, 4].map(() => naru.visit('half')))
      return bodies.every(({ body }) => body === 'v2')
    }, 'v2 to have all of the traffic')
    const visitors = await it.underLoad(async () => {
      expect((await pushed).output).toContain('live at')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v2'] })
    await it.serves(2)
  })
})

describe('a release that is gone back to and does not start', () => {
  it('leaves the traffic where it is, and the rollback says so', async () => {
    const it = await Subject.serving(naru, 'target', release(1, mortal))
    for (const number of [2, 3])
      expect((await it.repository.deploy(release(number))).output).toContain('live at')
    await until(async () => (await it.instances('web', 1)).length === 0, 'v1 to be warm no more')
    writeFileSync(deathOf(it), '')
    const visitors = await it.underLoad(async () => {
      const { code, output } = await naru.cli(['rollback', 'v1', '--app', it.app])
      expect(code).not.toBe(0)
      expect(output).toContain('v3')
    })
    expect(visitors).toMatchObject({ failures: [], seen: ['v3'] })
    expect(await it.newest()).toMatchObject({ kind: 'rollback', status: 'failed' })
    await it.serves(3)
  })
})

describe.runIf(process.getuid?.() === 0)('the number of a dead instance', () => {
  it('given to an innocent program harms neither that nor the app', async () => {
    const it = await Subject.serving(naru, 'number', release(1))
    const [pid = 0] = await it.pids(1)
    await naru.crash()
    await it.kill([pid])
    const innocent = await withNumber(pid)
    try {
      await naru.up()
      await it.serves(1)
      const [now] = await it.pids(1)
      expect(now).not.toBe(pid)
      await naru.client.destroyApp(it.app, it.app)
      expect(isAlive(pid)).toBe(true)
    } finally {
      innocent.kill('SIGKILL')
    }
  })
})

const isHealthy = ({ health }: InstanceView): boolean => health === 'healthy'

const deathOf = ({ app }: Subject): string => join(naru.data, 'apps', app, 'home/production/die')

/** Ends, again and again, once a file tells it to. */
const mortal = {
  webFirst: `setInterval(() => process.env.NARU_RELEASE === '1' && require('node:fs').existsSync(process.env.HOME + '/die') && process.exit(1), 25)`,
}

async function die(subject: Subject): Promise<void> {
  writeFileSync(deathOf(subject), '')
  await until(async () => {
    const old = await subject.instances('web', 1)
    return old.every(({ health }) => health !== 'healthy')
  }, 'v1 to die')
}

/** A process that leads a group of this number, which the kernel is told to give out next. */
async function withNumber(pid: number): Promise<ChildProcess> {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1))
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    if (child.pid === pid) return child
    child.kill('SIGKILL') // Somebody else's program was faster.
    await once(child, 'exit')
  }
  throw new Error(`the kernel does not give out ${pid}`)
}
