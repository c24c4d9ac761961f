import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { InstanceView, ReleaseView } from '../../src/contract/shapes.ts'
import {
  aBuild,
  aDeployment,
  aFailedDeployment,
  aStatus,
  badStory,
  beginStream,
  home,
  later,
  StandIn,
  sendMessage,
} from '../support/stand-in.ts'
import { Rig } from './rig.ts'

let rig: Rig
let server: StandIn
beforeAll(async () => {
  rig = await Rig.made()
  server = await StandIn.started()
})
afterAll(async () => {
  await server.stop()
  rig.remove()
})

const naru = (...args: string[]) =>
  rig.naru([...args, '--app', 'shop'], { environment: server.environment })
const json = async (...args: string[]) =>
  JSON.parse((await naru(...args, '--json')).stdout) as unknown

const usage = {
  instance: 'shop-web-v3-k3v9',
  cpu: 0.25,
  memoryBytes: 45 * 1024 ** 2,
  processes: 12,
  limits: { cpu: 0.5, memoryBytes: 256 * 1024 ** 2, processes: null },
}

const instance = (more: Partial<InstanceView> = {}): InstanceView => ({
  id: 'shop-web-v3-k3v9',
  service: 'web',
  release: 3,
  address: '127.0.0.1:20012',
  health: 'healthy',
  restarts: 0,
  lastExit: null,
  reason: null,
  startedAt: later(0),
  pid: 812,
  ...more,
})

const release = (more: Partial<ReleaseView> = {}): ReleaseView => ({
  app: 'shop',
  environment: 'production',
  number: 3,
  commit: '0123456789abcdef',
  title: 'Sell more',
  build: 3,
  artifact: 'sha256-aa',
  services: [],
  jobs: [],
  strategy: 'blue-green',
  promotedFrom: null,
  routes: [],
  settings: {},
  secrets: {},
  createdAt: later(0),
  by: 'owner',
  reason: 'push',
  stableAt: later(12),
  state: 'stable',
  ...more,
})

describe('naru status', () => {
  it('says what serves, what is warm, what is going on and what runs', async () => {
    const running = aDeployment({ number: 5, release: 4, status: 'baking', endedAt: null })
    const down = instance({
      health: 'down',
      pid: null,
      restarts: 2,
      lastExit: { code: 1, signal: null, at: later(1) },
    })
    const status = aStatus({
      deployment: running,
      last: aFailedDeployment,
      instances: [instance(), down],
    })
    server.json(`GET ${home}`, 200, status)
    const { code, stdout } = await naru('status')
    expect(code).toBe(0)
    expect(stdout.replaceAll(/on 2026-03-01|on [\d-]{10}/g, 'THEN')).toBe(
      `shop (production)
  address  http://shop.localhost:8080
  serving  v3
  warm     v2 for 10 min more
  now      deployment 5: v4 is live and being watched, by owner, THEN
  last     deployment 4: v3 failed (web of v3 did not become healthy within 30 s, so no traffic moved to v3: it listens on port 3000, but was given PORT 20012), by owner, THEN

SERVICE  RELEASE  HEALTH   PID  ADDRESS          STARTED        RESTARTS
web      v3       healthy  812  127.0.0.1:20012  THEN  0
web      v3       down     -    127.0.0.1:20012  THEN  2         last end: exit code 1 THEN
`,
    )
    expect(await json('status')).toEqual(status)
  })

  it('says both releases while one replaces the other', async () => {
    const rolling = aDeployment({ number: 5, release: 4, status: 'starting', endedAt: null })
    server.json(`GET ${home}`, 200, aStatus({ beside: 4, deployment: rolling }))
    const { stdout } = await naru('status')
    expect(stdout).toContain('serving  v3 and v4, while one replaces the other\n')
  })
})

describe('lists', () => {
  it('of releases, builds, deployments and instances have a line each, and are the answer itself as JSON', async () => {
    server.json(`GET ${home}/releases`, 200, {
      releases: [
        release(),
        release({ number: 2, state: 'retired', stableAt: null, title: 'a\u001b[2J\nb' }),
      ],
    })
    server.json('GET /v1/apps/shop/builds', 200, { builds: [aBuild()] })
    server.json(`GET ${home}/deployments`, 200, { deployments: [aDeployment(), aFailedDeployment] })
    server.json(`GET ${home}/instances`, 200, { instances: [instance()] })
    server.json(`GET ${home}/usage`, 200, { usage: [usage] })
    await naru('builds')
    await naru('builds', '--env', 'staging')
    await naru('builds', '--env', 'production')
    expect(
      server.requests
        .filter(({ path }) => path.endsWith('/builds'))
        .map(({ query }) => query.get('environment')),
    ).toEqual([null, 'staging', 'production'])
    const releases = (await naru('releases')).stdout
    expect(releases).toMatch(
      /^RELEASE {2}STATE {9}COMMIT {3}BUILD {2}REASON {2}MADE +BY +TITLE\nv3 {7}stable {8}0123456 /,
    )
    expect(releases).toMatch(/v2 {7}never stable .*a\ufffd\[2J b\n$/)
    expect((await naru('builds')).stdout).toMatch(
      /\n3 {6}production {3}succeeded {2}0123456 {2}3\.1 s .* Sell more\n$/,
    )
    expect((await naru('deployments')).stdout).toMatch(
      /\n4 {11}v3 {7}release {2}failed .*listens on port 3000, but was given PORT 20012\n$/,
    )
    const ps = (await naru('ps')).stdout
    expect(ps).toContain('web      v3       healthy  812  127.0.0.1:20012')
    expect(ps).toMatch(/RESTARTS {2}CPU {7}MEMORY {8}PROCESSES\n/)
    expect(ps).toMatch(/ 0\.25\/0\.5 {2}45 MB\/256 MB {2}12\n/)
    expect(await json('builds')).toEqual({ builds: [aBuild()] })
    expect(await json('ps')).toEqual({ instances: [instance()], usage: [usage] })
  })

  it('that are empty say what to do', async () => {
    server.json(`GET ${home}/releases`, 200, { releases: [] })
    server.json('GET /v1/apps', 200, { apps: [] })
    const production = { app: 'shop', name: 'production', branch: 'trunk' }
    server.json('GET /v1/apps/shop/environments', 200, { environments: [production] })
    expect((await naru('releases')).stdout).toBe('shop has no releases yet: git push naru trunk\n')
    expect((await rig.naru(['apps'], { environment: server.environment })).stdout).toBe(
      'no apps yet: naru init in a repository makes one\n',
    )
  })
})

describe('naru deployments show', () => {
  it('tells each step, when it was, why, and what was serving', async () => {
    server.json(`GET ${home}/deployments/4`, 200, { ...aFailedDeployment, events: badStory })
    const why =
      'web of v3 did not become healthy within 30 s, so no traffic moved to v3: it listens on port 3000, but was given PORT 20012'
    expect((await naru('deployments', 'show', '4')).stdout).toBe(`deployment 4 (release): v3 failed
asked for by owner on 2026-03-01 at 12:00:00+00:00, when v2 was stable
why: ${why}
v2 is serving

TIME                AFTER    SERVING  STEP
12:00:00.000+00:00           v2       deployment 4: v3
12:00:00.100+00:00  +0.1 s   v2       v3 is being made ready
12:00:00.200+00:00  +0.1 s   v2       v3 is starting
12:00:00.200+00:00  +0.0 s   v2       starting web of v3
12:00:30.200+00:00  +30.0 s  v2       giving v3 up: ${why}
12:00:30.400+00:00  +0.2 s   v2       v3 failed; v2 is serving
`)
  })
})

describe('naru deployments abort', () => {
  it('takes back the one that runs, and ends well when it is taken back', async () => {
    const running = aDeployment({ status: 'starting', endedAt: null })
    const cancelled = aDeployment({
      status: 'cancelled',
      serving: 2,
      liveAt: null,
      problem: { code: 'rollout.aborted', facts: { release: 3, by: 'owner' } },
    })
    server.json(`GET ${home}`, 200, aStatus({ deployment: running }))
    server.json(`POST ${home}/deployments/4/abort`, 202, running)
    server.stream(`GET ${home}/deployments/4/events`, [['end', cancelled]])
    const { code, stdout } = await naru('deployments', 'abort')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^deployment 4: v3 was aborted .*; v2 is serving\n$/)
  })

  it('says so when none runs', async () => {
    server.json(`GET ${home}`, 200, aStatus({ last: aDeployment() }))
    expect(await naru('deployments', 'abort')).toMatchObject({
      code: 7,
      stderr:
        '✖ deployment 4 of shop is over: it became stable\n  → naru deployments show 4 --app shop\n  (deployment.over)\n',
    })
  })
})

describe('naru destroy', () => {
  it('removes an app when its name is given once more, and only then', async () => {
    server.json('GET /v1/apps/shop', 200, { name: 'shop' })
    server.on('DELETE /v1/apps/shop', (response) => void response.writeHead(204).end())
    expect(await naru('destroy')).toMatchObject({ code: 2 })
    expect(await naru('destroy', '--confirm', 'chop')).toMatchObject({
      code: 2,
      stderr:
        '✖ the app is called "shop", but "chop" was given to confirm, so nothing was removed\n  → naru destroy --app shop --confirm shop\n  (confirm.mismatch)\n',
    })
    expect(server.paths()).not.toContain('DELETE /v1/apps/shop')
    expect(await naru('destroy', '--confirm', 'shop')).toMatchObject({
      code: 0,
      stdout: 'shop is gone: its instances, releases, secrets and logs\n',
    })
    expect(server.paths()).toContain('DELETE /v1/apps/shop')
  })
})

describe('naru logs', () => {
  const line = (position: number, text = `line ${position}`) => ({
    position,
    at: later(position),
    instance: 'shop-web-v3-k3v9',
    service: 'web',
    release: 3,
    text,
  })

  it('prints a line for each, with its time and instance; as JSON one object a line', async () => {
    server.stream(`GET ${home}/logs`, [
      ['line', line(1)],
      ['line', line(2, 'a\u001b[31mred\u001b[0m\u001b[2Jb')],
    ])
    expect((await naru('logs', '--release', '3', '--service', 'web')).stdout).toBe(
      '2026-03-01 12:00:01.000+00:00 web v3 k3v9 line 1\n2026-03-01 12:00:02.000+00:00 web v3 k3v9 a\u001b[31mred\u001b[0m\ufffd[2Jb\u001b[0m\n',
    )
    expect((await naru('logs', '--json')).stdout.split('\n')[0]).toBe(JSON.stringify(line(1)))
  })

  it('tells times in the zone of whoever reads, with its distance from UTC', async () => {
    server.stream(`GET ${home}/logs`, [['line', line(1)]])
    server.json(`GET ${home}/deployments/4`, 200, { ...aFailedDeployment, events: badStory })
    const read = async (zone: string, ...args: string[]) => {
      const environment = { ...server.environment, TZ: zone }
      return (await rig.naru([...args, '--app', 'shop'], { environment })).stdout
    }
    expect(await read('Asia/Seoul', 'logs')).toMatch(/^2026-03-01 21:00:01\.000\+09:00 web/)
    expect(await read('America/St_Johns', 'logs')).toMatch(/^2026-03-01 08:30:01\.000-03:30 web/)
    const story = await read('Asia/Seoul', 'deployments', 'show', '4')
    expect(story).toContain('on 2026-03-01 at 21:00:00+09:00, when v2 was stable')
    expect(story).toMatch(/^21:00:30\.400\+09:00 {2}\+0\.2 s {3}v2 {7}v3 failed/m)
  })

  it('leaves the day out of what was written today', async () => {
    const at = new Date().toISOString()
    server.stream(`GET ${home}/logs`, [['line', { ...line(1), at }]])
    const { stdout } = await naru('logs')
    // Right at midnight "today" may be another day for the one than for the other.
    expect(stdout).toMatch(
      new RegExp(`^(?:${at.slice(0, 10)} )?${at.slice(11, 23).replace('.', '\\.')}\\+00:00 web`),
    )
  })

  it('ends quietly when nobody reads any more', async () => {
    server.on(`GET ${home}/logs`, (response) => {
      beginStream(response)
      const timer = setInterval(() => sendMessage(response, 'line', line(1), 1), 5)
      response.on('close', () => clearInterval(timer))
    })
    const child = spawn(process.execPath, [rig.program, 'logs', '-f', '--app', 'shop'], {
      env: rig.environment(server.environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let complaints = ''
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' })
  })
})

it('a build is shown with its log', async () => {
  server.json('GET /v1/apps/shop/builds/3', 200, aBuild())
  server.stream('GET /v1/apps/shop/builds/3/log', [
    ['line', { text: 'npm ci' }],
    ['end', aBuild()],
  ])
  expect((await naru('builds', 'show', '3')).stdout).toBe(
    'build 3: succeeded (0123456 Sell more), deployment 4 came of it\n\nnpm ci\n',
  )
  expect(await json('builds', 'show', '3')).toEqual({ build: aBuild(), log: ['npm ci'] })
})
