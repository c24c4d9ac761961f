import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { docker, freshServer, removeAllOf, whereDocker } from '../support/docker.ts'
import { Naru, until } from '../support/naru.ts'
import type { Visitors } from '../support/visitor.ts'
import { DockerSubject, release } from './docker-subject.ts'

/** Containers die, or somebody does to them by hand what Naru does not expect, while visitors ask. */

/** How soon what somebody has changed by hand is as it should be again, at the latest. */
const repairedMs = 30_000

describe('with containers', whereDocker, () => {
  let naru: Naru
  beforeAll(async () => {
    naru = await Naru.started({}, 'docker')
  })
  afterAll(() => naru?.close())

  const serving = async (app: string, more: object = {}) => {
    const it = await DockerSubject.serving(naru, app, release(1, more))
    it.docker = docker
    return it
  }

  describe('a coming instance that is killed', () => {
    it('before it has traffic is started again, counts, and nobody notices', async () => {
      const it = await serving('early')
      const visitors = await it.underLoad(async () => {
        const pushed = await it.deployThen(
          release(2, { healthyFor: '2s' }),
          'starting',
          async () => {
            await healthy(it, 2)
            await it.crash(2)
          },
        )
        expect(pushed.output).toContain('live at')
        await it.serves(2)
      })
      expect(await it.instances('web', 2)).toMatchObject([{ restarts: 1 }])
      expect(visitors.failures).toEqual([])
    })

    it('in the middle of a request fails that request, and the old release has the traffic again within a second', async () => {
      const it = await serving('middle')
      let slow: Promise<number | string> = Promise.resolve(0)
      const visitors = await it.underLoad(async () => {
        const two = release(2, { settle: '20s', slowMs: 20_000 })
        const pushed = await it.deployThen(two, 'baking', async () => {
          slow = naru.visit('middle', '/slow').then(
            ({ status }) => status,
            () => 'reset',
          )
          await until(async () => (await naru.visit('middle')).body === 'v2', 'v2 to answer')
          await it.crash(2)
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

  describe('a release that', () => {
    const says = `console.log('cannot reach the moon')`
    it.each([
      ['ends as soon as it starts', { webFirst: `${says}; process.exit(1)` }],
      [
        'runs and never listens',
        { healthyWithin: '3s', webFirst: `${says}; setInterval(() => {}, 1000); return` },
      ],
      [
        'takes more memory than it may',
        {
          webFirst: `${says}; const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1))`,
          webMore: '    resources: { memory: 64MiB }\n',
        },
      ],
    ])('%s gets no visitor, ends in time, and its lines are kept', async (what, how) => {
      const it = await serving(what.split(' ').slice(0, 2).join('-'))
      const visitors = await it.underLoad(async () => {
        const { code, output } = await it.repository.deploy(release(2, how))
        expect(code).toBe(1)
        expect(output).toContain('cannot reach the moon')
        if (what.includes('memory')) expect(output).toContain('out of memory')
      })
      expect(await it.newest()).toMatchObject({ number: 2, status: 'failed' })
      expect(visitors).toMatchObject({ failures: [], seen: ['v1'] })
      expect((await naru.cli(['logs', '--app', it.app])).stdout).toContain('cannot reach the moon')
      await until(async () => (await it.containers(2)).length === 0, 'nothing of it to be left')
    })
  })

  describe('the only container that serves', () => {
    const rows: [string, string, (it: DockerSubject) => Promise<unknown>][] = [
      ['killed by hand', 'is started again', async (it) => (await it.container()).kill()],
      ['that crashes', 'is started again', (it) => it.crash(1)],
      ['stopped by hand', 'is started again', async (it) => (await it.container()).stop({ t: 2 })],
      ['paused by hand', 'goes on', async (it) => (await it.container()).pause()],
      [
        'restarted by hand',
        'is there again',
        async (it) => (await it.container()).restart({ t: 2 }),
      ],
      [
        'removed by hand',
        'is replaced',
        async (it) => (await it.container()).remove({ force: true }),
      ],
      [
        'cut off from its network by hand',
        'is on it again',
        async (it) => {
          const container = await it.container()
          const { NetworkSettings } = await container.inspect()
          for (const name of Object.keys(NetworkSettings.Networks))
            await docker.getNetwork(name).disconnect({ Container: container.id, Force: true })
        },
      ],
    ]
    it.each(rows)('%s %s, and nothing is deployed for it', async (how, _, act) => {
      const it = await serving(how.replaceAll(' ', '-'))
      const visitors = await it.underLoad(async ({ failures }) => {
        await act(it)
        await until(
          async () => (await naru.visit(it.app).catch(() => null))?.body === 'v1',
          () => `v1 to answer again\n${naru.log()}`,
          repairedMs,
        )
        await it.isWhole(1, repairedMs)
        const before = failures.length
        await it.serves(1)
        expect(failures.length - before).toBeLessThanOrEqual(2)
      })
      expect(visitors.seen).toEqual(['v1'])
      expect(await it.deployments()).toHaveLength(1)
    })
  })

  describe('one of two that serve', () => {
    it.each([
      ['that crashes', (it: DockerSubject) => it.crash(1)],
      ['paused by hand', async (it: DockerSubject) => (await it.container()).pause()],
      [
        'removed by hand',
        async (it: DockerSubject) => (await it.container()).remove({ force: true }),
      ],
    ])('%s leaves its requests to the other, and there are two again', async (how, act) => {
      const it = await serving(`two-${how.replaceAll(' ', '-')}`, { replicas: 2 })
      const visitors = await it.underLoad(async () => {
        await act(it)
        await it.isWhole(2, repairedMs)
      })
      // What it was answering when it died; each visitor has one request at a time.
      expect(visitors.failures.length).toBeLessThanOrEqual(2)
      expect(await it.deployments()).toHaveLength(1)
    })
  })

  describe('what somebody else has in Docker', () => {
    it('is left alone by pushes, by cleaning up and by an app’s end', async () => {
      const server = freshServer()
      const labels = { 'naru.server': server, 'naru.app': 'foreign' }
      const name = `foreign-${server}`
      const [network, container] = await Promise.all([
        docker.createNetwork({ Name: name, Labels: labels }),
        docker.createContainer({ Image: 'debian:bookworm-slim', Cmd: ['true'], Labels: labels }),
      ])
      await docker.createVolume({ Name: name, Labels: labels })
      try {
        const it = await serving('foreign')
        expect((await it.repository.deploy(release(2))).output).toContain('live at')
        await naru.client.destroyApp(it.app, it.app)
        await until(
          async () => (await it.containers()).length === 0,
          'nothing of the app to be left',
        )
        expect((await container.inspect()).Id).toBe(container.id)
        expect((await docker.getNetwork(network.id).inspect()).Id).toBe(network.id)
        expect((await docker.getVolume(name).inspect()).Name).toBe(name)
      } finally {
        await removeAllOf(server)
      }
    })

    it('and carries this server’s label is not taken for an instance', async () => {
      const it = await serving('taken')
      const server = naru.dockerServer() ?? ''
      const labels = { 'naru.server': server, 'naru.app': it.app, 'naru.kind': 'instance' }
      const container = await docker.createContainer({
        Image: 'debian:bookworm-slim',
        Cmd: ['sleep', '600'],
        Labels: labels,
        HostConfig: { NetworkMode: 'none' },
      })
      try {
        await container.start()
        expect((await it.repository.deploy(release(2))).output).toContain('live at')
        await it.serves(2)
        expect((await it.instances()).map(({ release }) => release).sort()).toEqual([1, 2])
      } finally {
        await container.remove({ force: true })
      }
    })
  })
})

const healthy = (it: DockerSubject, release: number) =>
  until(async () => {
    const found = await it.instances('web', release)
    return found.length > 0 && found.every(({ health }) => health === 'healthy')
  }, `v${release} to be healthy`)

/** From the first failure to the last, in milliseconds. */
function failingMs({ failures }: Visitors): number {
  const times = failures.map((failure) => Date.parse(failure.split(' ')[0] ?? ''))
  return times.length === 0 ? 0 : Math.max(...times) - Math.min(...times)
}
