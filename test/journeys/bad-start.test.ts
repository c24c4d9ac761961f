import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { setTimeout as timePasses } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { isAlive, Naru, processesOf, run } from '../support/naru.ts'
import { expectRefusal } from '../support/refusal.ts'

let naru: Naru
beforeEach(async () => {
  naru = await Naru.create()
})
afterEach(() => naru.close())

const up = (...more: string[]) =>
  naru.cli(['up', '--http', `127.0.0.1:${naru.http}`, '--api', `127.0.0.1:${naru.api}`, ...more])

/** Whoever had the port before may be a moment in dying. */
async function holding(port: number): Promise<Server> {
  for (const end = Date.now() + 10_000; ; await timePasses(25)) {
    const server = await listening(port)
    if (server !== undefined) return server
    if (Date.now() > end) throw new Error(`port ${port} does not get free`)
  }
}

function listening(port: number): Promise<Server | undefined> {
  const server = createServer((_request, response) => response.end('a stranger'))
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

const closed = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

describe('naru up where a port is taken', () => {
  for (const which of ['http', 'api'] as const) {
    it(`as --${which} names who holds it, and comes up when it is free`, async () => {
      const stranger = await holding(naru[which])
      try {
        const ran = await up()
        expectRefusal(ran, `Naru cannot listen on 127.0.0.1:${naru[which]}`, 'server.port-taken')
        expect(ran.stderr).toContain(`(pid ${process.pid}) does already`)
        expect(ran.stderr).toContain(`→ naru up --${which} 127.0.0.1:${naru[which] + 1}`)
        expect((await naru.cli(['status'])).code).toBe(5)
      } finally {
        await closed(stranger)
      }
      expect((await up()).code).toBe(0)
    })
  }

  it('by a second Naru of another folder names the first, which goes on', async () => {
    await naru.up()
    const other = await Naru.create()
    const ran = await other.cli([
      'up',
      '--http',
      `127.0.0.1:${other.http}`,
      '--api',
      `127.0.0.1:${naru.api}`,
    ])
    expectRefusal(ran, `(pid ${naru.pid()}) does already`, 'server.port-taken')
    const router = await other.cli([
      'up',
      '--http',
      `127.0.0.1:${naru.http}`,
      '--api',
      `127.0.0.1:${other.api}`,
    ])
    expectRefusal(router, `Naru cannot listen on 127.0.0.1:${naru.http}`, 'server.port-taken')
    await other.close()
    expect((await naru.cli(['status'])).code).toBe(0)
  })
})

describe('a second Naru', () => {
  it('of a folder whose server runs says that it runs, and starts nothing', async () => {
    await naru.up()
    const pid = naru.pid()

    const { code, stdout } = await up()

    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Naru runs already.'),
    })
    expect(naru.pid()).toBe(pid)
  })

  it('of a folder that another holds does not start, and what is there goes on', async () => {
    await naru.up()
    const app = await naru.repository('shop', webApp({ says: 'one' }))
    await app.push()
    const pid = naru.pid()

    const args = ['--data', naru.data, '--http', '127.0.0.1:1', '--api', '127.0.0.1:1']
    const { code, stderr } = await run(process.execPath, [join('dist', 'server.cjs'), ...args], {
      environment: naru.environment(),
    })

    expect(code).not.toBe(0)
    expect(stderr).toContain('data.locked')
    expect(isAlive(pid)).toBe(true)
    expect((await naru.visit('shop')).body).toBe('one')
  })

  it('asked for at the same moment leaves one server, which both reach', async () => {
    const both = await Promise.all([up(), up()])
    const good = both.filter(({ code }) => code === 0)
    expect(good.length).toBeGreaterThan(0)
    for (const ran of both)
      if (ran.code !== 0) expectRefusal(ran, 'another Naru server', 'data.locked')
    expect((await naru.cli(['status'])).code).toBe(0)
  })
})

describe('naru down', () => {
  it('where nothing runs says so, once and again, and makes nothing', async () => {
    for (const options of [[], ['--keep-apps'], []]) {
      const { code, stdout } = await naru.cli(['down', ...options])
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('No server runs'),
      })
    }
    expect(existsSync(naru.data)).toBe(false)
  })

  it('ends what a killed server left behind, although others listen on its ports by now', async () => {
    await naru.up()
    const shop = await naru.repository('shop', webApp({ says: 'one' }))
    await shop.push()
    await naru.crash()
    const stranger = await holding(naru.api)
    try {
      const { code, stdout } = await naru.cli(['down'])
      expect({ code, stdout }).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('no router and no app of it runs either now'),
      })
      expect(processesOf(naru.data)).toEqual([])
    } finally {
      await closed(stranger)
    }
    const visitors = await holding(naru.http)
    try {
      expect((await naru.cli(['down'])).code).toBe(0)
    } finally {
      await closed(visitors)
    }
  })

  it('a second time says that nothing runs any more', async () => {
    await naru.up()
    expect((await naru.cli(['down'])).code).toBe(0)
    const { code, stdout } = await naru.cli(['down'])
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No server ran'),
    })
  })
})

describe('naru up with an address that is none', () => {
  it.each(['x', '127.0.0.1', '127.0.0.1:0', ':99999', '$(id):80', '-1'])(
    '%j says what one looks like',
    async (address) => {
      for (const flag of ['--http', '--api']) {
        const { code, stderr } = await naru.cli(['up', `${flag}=${address}`])
        expect({ code, stderr }).toMatchObject({
          code: 2,
          stderr: expect.stringContaining('HOST:PORT'),
        })
        expect(stderr).toContain('(usage.invalid)')
      }
    },
  )
})

describe('naru up where git', () => {
  /** A PATH with a git of ours alone, or with nothing. */
  function pathWith(git: string | null): string {
    const bin = join(naru.folder, 'bin')
    mkdirSync(bin, { recursive: true })
    if (git === null) return bin
    writeFileSync(join(bin, 'git'), `#!/bin/sh\n${git}\n`)
    chmodSync(join(bin, 'git'), 0o755)
    return bin
  }
  const upWith = (git: string | null) =>
    naru.cli(['up', '--http', `127.0.0.1:${naru.http}`, '--api', `127.0.0.1:${naru.api}`], {
      environment: { PATH: pathWith(git) },
    })

  it('is missing says so, and comes up when it is there', async () => {
    expectRefusal(
      await upWith(null),
      'Naru needs git, and there is none on the PATH',
      'git.missing',
    )
    expect((await up()).code).toBe(0)
  })

  it('is too old says which it needs and which it found', async () => {
    const ran = await upWith('echo "git version 2.28.1"')
    expectRefusal(ran, 'Naru needs git 2.29 or newer, and this is 2.28.1', 'git.too-old')
  })

  it('says no version at all is refused as well', async () => {
    for (const git of ['echo nonsense', 'exit 1', 'exit 127']) {
      const ran = await upWith(git)
      expect(ran.code).toBe(6)
      expect(ran.stderr).toMatch(/\(git\.(too-old|failed)\)/)
    }
  })
})
