import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Daemon } from '../../src/engine/docker/daemon.ts'
import { diskOf } from '../../src/engine/docker/disk.ts'
import type { Instance } from '../../src/model/instance.ts'
import type { SetSpec } from '../../src/model/set.ts'
import { docker, whereDocker } from '../support/docker.ts'
import { type DockerBench, makeDockerBench } from './docker-bench.ts'
import { until } from './until.ts'

const mebibyte = 1 << 20

/** Everything is tried as root in the container too: an image may begin as it, and whoever breaks in may become it. */
const users = ['1000', '0'] as const

describe('what runs in a container', whereDocker, () => {
  let bench: DockerBench
  /** The one that tries. */
  let intruder: Instance
  let neighbour: Instance
  let sameApp: Instance
  let staging: Instance

  beforeAll(async () => {
    bench = await makeDockerBench()
    const start = async (set: Partial<SetSpec['set']>, change: Partial<SetSpec> = {}) => {
      const spec = await bench.set('answers', change)
      await bench.engine.ensure({ ...spec, set: { ...spec.set, ...set } }, 1)
    }
    await Promise.all([
      start(
        { app: 'intruder' },
        { resources: { memoryBytes: 128 * mebibyte, pids: 40, ioBytesPerSecond: 2 * mebibyte } },
      ),
      start({ app: 'intruder', service: 'api' }),
      start({ app: 'intruder', environment: 'staging' }),
      start({ app: 'neighbour' }),
    ])
    const of = (app: string, environment: string, service: string) =>
      until(
        `${app}’s ${service} to be healthy`,
        async () => {
          const found = await bench.engine.list({ app, environment, service })
          return found.find(({ health }) => health === 'healthy')
        },
        30_000,
      )
    intruder = await of('intruder', 'production', 'web')
    sameApp = await of('intruder', 'production', 'api')
    staging = await of('intruder', 'staging', 'web')
    neighbour = await of('neighbour', 'production', 'web')
  })

  afterAll(() => bench.end())

  /** Who the router reaches, with what it answers. */
  const visit = async ({ address }: Instance) => {
    const response = await fetch(`http://${address.host}:${address.port}/`)
    return response.text()
  }

  const inside = (words: string[], user: string = '0', instance = intruder) =>
    execIn(bench.engine.server, instance.id, words, user)

  /** What comes of connecting to an address from within: "connected", or the code of the failure. */
  const reach = async (host: string, port: number, user = '1000') => {
    const text = `const socket = require('net').connect({ host: '${host}', port: ${port} })
      const say = (word) => { console.log(word); process.exit() }
      socket.on('connect', () => say('connected')).on('error', ({ code }) => say(code))
      setTimeout(say, 1500, 'ETIMEDOUT')`
    return (await inside(['node', '-e', text], user)).output.trim()
  }
  const nothing = /^(?:E[A-Z_]+)$/

  it('is reached by the router, each at its own address', async () => {
    for (const instance of [intruder, sameApp, staging, neighbour]) {
      expect(await visit(instance)).toBe(`hello from ${instance.id}`)
    }
  })

  describe('that reaches for others', () => {
    it('finds what belongs to its own app and environment', async () => {
      expect(await reach(sameApp.address.host, sameApp.address.port)).toBe('connected')
    })

    it.each(users)('finds no other app by its address (user %s)', async (user) => {
      const { host, port } = neighbour.address
      expect(await reach(host, port, user)).toMatch(nothing)
    })

    it('finds no other environment of its own app by its address', async () => {
      const { host, port } = staging.address
      expect(await reach(host, port, '0')).toMatch(nothing)
    })

    it('finds no other app by any name', async () => {
      const { Name } = await containerOf(bench.engine.server, neighbour.id).then((it) =>
        it.inspect(),
      )
      const names = [neighbour.id, 'neighbour', 'neighbour-production', Name.slice(1)]
      for (const name of names) expect(await reach(name, neighbour.address.port)).toMatch(nothing)
    })

    it('sees no program but its own', async () => {
      const { output } = await inside(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "'])
      expect(output).toContain('answers.mjs')
      expect(output).not.toMatch(/dockerd|vitest/)
    })
  })

  describe('that reaches for this machine', () => {
    let listener: Server
    let port: number
    const asked: string[] = []

    beforeAll(async () => {
      listener = createServer((socket) => {
        asked.push(socket.remoteAddress ?? '')
        socket.end()
      })
      listener.listen(0, '0.0.0.0')
      await once(listener, 'listening')
      port = (listener.address() as AddressInfo).port
    })
    afterAll(() => listener.close())

    const own = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => address)
    const gateway = async () => {
      const { NetworkSettings } = await (
        await containerOf(bench.engine.server, intruder.id)
      ).inspect()
      return Object.values(NetworkSettings.Networks)[0]?.Gateway ?? ''
    }

    it.each(users)('finds none of its ports, at none of its addresses (user %s)', async (user) => {
      const addresses = [await gateway(), ...own, '127.0.0.1', 'host.docker.internal']
      for (const address of addresses) {
        expect([address, await reach(address, port, user)]).toEqual([
          address,
          expect.stringMatching(nothing),
        ])
      }
      expect(asked).toEqual([])
    })

    it('finds no Docker socket, and no folder of this machine', async () => {
      const sockets = 'ls /var/run/docker.sock /run/docker.sock /run/containerd 2>&1; true'
      expect((await inside(['sh', '-c', sockets])).output).not.toMatch(/^\//m)
      const { Mounts } = await (await containerOf(bench.engine.server, intruder.id)).inspect()
      expect(Mounts).toEqual([])
    })

    it('changes nothing of the kernel', async () => {
      const files = [
        '/proc/sys/kernel/hostname',
        '/proc/sys/kernel/core_pattern',
        '/proc/sys/vm/overcommit_memory',
        '/proc/sys/net/ipv4/ip_forward',
        '/proc/sysrq-trigger',
        '/sys/kernel/uevent_helper',
        '/sys/fs/cgroup/memory/memory.limit_in_bytes',
        '/sys/fs/cgroup/memory.max',
        '/sys/fs/cgroup/pids/pids.max',
        '/sys/fs/cgroup/pids.max',
      ]
      const text = `for (const file of ${JSON.stringify(files)}) {
        try { require('fs').writeFileSync(file, '1'); console.log(file) } catch {}
      }`
      expect((await inside(['node', '-e', text])).output).toBe('')
    })

    it('mounts nothing and leaves no namespace', async () => {
      const attempts = [
        ['mount', '-t', 'tmpfs', 'none', '/mnt'],
        ['mount', '-o', 'remount,rw', '/proc/sys'],
        ['umount', '/proc/sys'],
        ['unshare', '--mount', 'true'],
        ['unshare', '--user', '--map-root-user', 'true'],
        ['nsenter', '--target', '1', '--net', 'true'],
        ['chroot', '/', 'true'],
        ['mknod', '/tmp/disk', 'b', '8', '0'],
      ]
      for (const words of attempts) {
        const { code, output } = await inside(words)
        expect([words.join(' '), code]).not.toEqual([words.join(' '), 0])
        // The tool is there, and it was refused.
        expect(output).toMatch(/not permitted|denied|must be superuser|read-only/i)
      }
    })

    it('opens no raw socket', async () => {
      const attempt = (kind: string) =>
        inside(['perl', '-e', `use Socket; socket(my $it, ${kind}) and print "open"; print $!`])
      expect((await attempt('PF_INET, SOCK_STREAM, 0')).output).toMatch(/^open/)
      expect((await attempt('PF_INET, SOCK_RAW, 1')).output).toBe('Operation not permitted')
      expect((await attempt('17, SOCK_RAW, 768')).output).toBe('Operation not permitted')
    })

    it('becomes nobody else by a program that belongs to root', async () => {
      const trap = 'cp /usr/bin/id /tmp/trap && chown root /tmp/trap && chmod 4755 /tmp/trap'
      expect((await inside(['sh', '-c', trap], '0')).code).toBe(0)
      expect((await inside(['/tmp/trap', '-u'], '1000')).output).toBe('1000\n')
    })
  })

  describe('that takes more than it may', () => {
    it('gets no more processes than its limit, and others go on', async () => {
      const text = `my @children;
        for (1..100) {
          my $child = fork;
          print("refused: $!"), last if !defined $child;
          if ($child == 0) { sleep 60; exit }
          push @children, $child;
        }
        kill 9, @children;
        print " after ", scalar @children`
      const { output } = await inside(['perl', '-e', text], '1000')
      expect(output).toMatch(/^refused: Resource temporarily unavailable after [1-3]?\d$/)
      expect(await visit(neighbour)).toBe(`hello from ${neighbour.id}`)
    })

    it('is ended when it takes more memory than its limit, and others go on', async () => {
      const text = 'const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1))'
      const { code } = await inside(['node', '-e', text], '1000')
      expect(code).toBe(137)
      expect(await visit(neighbour)).toBe(`hello from ${neighbour.id}`)
    })
  })

  it('writes to the disk no faster than it may, where the machine can hold it to that', async () => {
    const disk = await diskOf(await Daemon.open())
    const container = await containerOf(bench.engine.server, intruder.id)
    const { HostConfig } = await container.inspect()
    const limit = disk === null ? null : [{ Path: disk, Rate: 2 * mebibyte }]
    expect(HostConfig.BlkioDeviceWriteBps ?? null).toEqual(limit)
    expect(HostConfig.BlkioDeviceReadBps ?? null).toEqual(limit)
    if (disk === null) return
    const write = ['dd', 'if=/dev/zero', 'of=/tmp/x', 'bs=256k', 'count=16', 'oflag=direct']
    const began = performance.now()
    const { code } = await inside(write, '0')
    expect(code).toBe(0)
    expect(performance.now() - began).toBeGreaterThan(1_500)
  })

  it('is still reached by the router after all of that', async () => {
    await until('the intruder to answer', async () => {
      const [now] = await bench.engine.list({
        app: 'intruder',
        environment: 'production',
        service: 'web',
      })
      return now?.health === 'healthy' && (await visit(now)) === `hello from ${now.id}`
    })
  })
})

async function containerOf(server: string, instance: string) {
  const filters = { label: [`naru.server=${server}`, `naru.id=${instance}`] }
  const [found] = await docker.listContainers({ filters })
  if (found === undefined) throw new Error(`no container of ${instance} runs`)
  return docker.getContainer(found.Id)
}

/** Runs a program beside an instance's own, in the same walls. */
async function execIn(server: string, instance: string, words: string[], user: string) {
  const container = await containerOf(server, instance)
  const options = { AttachStdout: true, AttachStderr: true, Cmd: words, User: user }
  const exec = await container.exec(options)
  const stream = await exec.start({})
  const both = new PassThrough()
  const chunks: Buffer[] = []
  both.on('data', (chunk: Buffer) => chunks.push(chunk))
  docker.modem.demuxStream(stream, both, both)
  await once(stream, 'end')
  const { ExitCode } = await exec.inspect()
  return { code: ExitCode, output: Buffer.concat(chunks).toString() }
}
