import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { rotateKey } from '../../src/access/key.ts'
import { tokens } from '../../src/access/tokens.ts'
import { jsonLog } from '../../src/base/log.ts'
import type { Secret } from '../../src/base/secret.ts'
import type { ServerInfo } from '../../src/contract/shapes.ts'
import { readMessages } from '../../src/contract/stream.ts'
import { english } from '../../src/contract/words/english/english.ts'
import type { Change, Conductor } from '../../src/deploy/conductor.ts'
import { servingNow } from '../../src/deploy/serving.ts'
import type { LogFilter } from '../../src/engine/engine.ts'
import type { Deployment } from '../../src/model/deployment.ts'
import type { Place } from '../../src/model/environment.ts'
import type { Instance, LogLine } from '../../src/model/instance.ts'
import type { Release } from '../../src/model/release.ts'
import type { Rollout } from '../../src/model/rollout.ts'
import { defaultService } from '../../src/model/spec.ts'
import { apiServer } from '../../src/server/api.ts'
import type { ApiParts } from '../../src/server/parts.ts'
import type { StreamLimits } from '../../src/server/stream.ts'
import { createApp, removeApp } from '../../src/store/apps.ts'
import { moveBuild, queueBuild } from '../../src/store/builds.ts'
import { queueDeployment, requireDeployment } from '../../src/store/deployments.ts'
import {
  createEnvironment,
  removeEnvironment,
  requireEnvironment,
} from '../../src/store/environments.ts'
import { createRelease } from '../../src/store/releases.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { addToken } from '../../src/store/tokens.ts'

export const at = '2026-11-24T12:00:00.000Z'
export const place: Place = { app: 'shop', environment: 'production' }
export const home = '/v1/apps/shop/environments/production'
export const token = 'tok-4f1c9e'
export const commit = 'c0ffee'.padEnd(40, '0')

/** What lies behind the conductor, the engine and git, in memory and in the test's hands. */
export type World = {
  asked: { what: string; facts: unknown }[]
  secrets: Record<string, Secret>[]
  stops: { keepApps: boolean }[]
  instances: Instance[]
  lines: LogLine[]
  logFilters: LogFilter[]
  buildLog: ApiParts['buildLog']
  openCommand: ApiParts['openCommand']
  /** Reads what is sent and throws it away, unless a test wants more. */
  importArchive: ApiParts['importArchive']
  served: number
  /** Whatever is asked of an environment, before it is answered. */
  beforeLook: (place: Place) => Promise<void>
  /** Thrown by whatever the conductor is asked to do. */
  breaks: unknown
  git: ApiParts['git']
}

/** An API over a real store, and over a world in memory. */
export type Rig = World & {
  store: Store
  api: Awaited<ReturnType<typeof apiServer>>
  address: string
  logged: string[]
}

export async function startApi(limits?: StreamLimits): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'naru-api-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const logged: string[] = []
  const log = jsonLog((line) => logged.push(line))
  const store = await openStore(folder, { now: () => new Date(at), log })
  onTestFinished(() => store.close())
  await store.write((db) =>
    addToken(db, { name: 'laptop', hash: sha256(token), kind: 'owner', at, by: null }),
  )
  const world: World = {
    asked: [],
    secrets: [],
    stops: [],
    instances: [],
    lines: [],
    logFilters: [],
    buildLog: async function* () {},
    openCommand: async () => {
      throw new Error('nothing is run here')
    },
    importArchive: async (_app, { body }) => {
      for await (const _chunk of body);
      return commit
    },
    served: 0,
    beforeLook: async () => {},
    breaks: undefined,
    git: async (_request, response, { path }) => {
      response.end(`git ${path}`)
    },
  }
  const api = await apiServer(partsOf(world, store, log), limits)
  onTestFinished(() => api.close())
  const address = await api.listen('127.0.0.1', 0)
  return Object.assign(world, { store, api, address, logged })
}

/** With the app `shop` in it. */
export async function startShop(limits?: StreamLimits): Promise<Rig> {
  const rig = await startApi(limits)
  await rig.store.write((db) => createApp(db, { name: place.app, at }))
  return rig
}

function partsOf(world: World, store: Store, log: ApiParts['log']): ApiParts {
  return {
    conductor: conductorOf(world, store),
    store,
    engine: {
      list: async (filter) => world.instances.filter(({ set }) => set.app === filter?.app),
      usage: async () => [],
      logs: (filter) => {
        world.logFilters.push(filter)
        return linesOf(world, filter)
      },
    },
    git: (request, response, asked) => world.git(request, response, asked),
    buildLog: (...asked) => world.buildLog(...asked),
    importArchive: (...asked) => world.importArchive(...asked),
    jobs: noJobs,
    openCommand: (...asked) => world.openCommand(...asked),
    tokens: tokens(store, () => new Date(at)),
    rotateKey: (by) => rotateKey(store, () => new Date(at), by),
    bounds: async () => [],
    engines: async () => [{ name: 'process', version: null, away: null, exposed: null }],
    info: () => serverInfo,
    served: () => world.served,
    stop: (how) => world.stops.push(how),
    words: english,
    log,
  }
}

const nothing = async (): Promise<never> => {
  throw new Error('no job is run here')
}
/** The runs of jobs lie in the store; what starts them is tried in the journeys. */
const noJobs: ApiParts['jobs'] = {
  adopt: async () => {},
  start: nothing,
  cancel: nothing,
  ended: nothing,
}

export const serverInfo: ServerInfo = {
  version: '0.1.0',
  pid: 1,
  domain: 'localhost',
  http: 'http://127.0.0.1:8080',
  api: 'http://127.0.0.1:7878',
  dataFolder: '/data',
  engine: { engine: 'process', why: { kind: 'silent', reason: 'there is no socket' }, at },
  startedAt: at,
  table: 7,
  olderRouter: false,
}

async function* linesOf({ lines }: World, filter: LogFilter): AsyncGenerator<LogLine> {
  const later = lines.filter(({ position }) => position > (filter.after ?? 0))
  yield* filter.tail === undefined ? later : later.slice(-filter.tail)
}

/** Writes down what it is asked for, and keeps the store as the real one would. */
function conductorOf(world: World, store: Store): Conductor {
  const note = (what: string, facts: unknown) => {
    world.asked.push({ what, facts })
    if (world.breaks !== undefined) throw world.breaks
  }
  const changed = async (what: string, change: Change<unknown>, by: string): Promise<null> => {
    note(what, { ...change, by })
    return null
  }
  return {
    createApp: async (app, by) => {
      note('create', { app, by })
      await store.write((db) => createApp(db, { name: app, at }))
    },
    createEnvironment: async (app, wanted, by) => {
      note('create-environment', { app, ...wanted, by })
      await store.write((db) =>
        createEnvironment(db, { app, environment: wanted.environment }, wanted.branch),
      )
    },
    destroyEnvironment: async (where, by) => {
      note('destroy-environment', { ...where, by })
      await store.write((db) => removeEnvironment(db, where))
    },
    destroyApp: async (app, by) => {
      note('destroy', { app, by })
      await store.write((db) => removeApp(db, app))
    },
    receive: async (app, push) => {
      note('receive', { app, ...push })
      const { commit, by } = push
      const where = { app, environment: place.environment }
      return store.write((db) =>
        queueBuild(db, { ...where, source: 'push', commit, title: 'First', by, at }),
      )
    },
    cancelBuild: async (app, number, by) => {
      note('cancel-build', { app, number, by })
      return store.write((db) => moveBuild(db, app, number, 'cancelled', { endedAt: at }))
    },
    deploy: async (where, wish, by) => {
      note('deploy', { ...where, wish, by })
      return store.write((db) => queueDeployment(db, newDeployment(where, 1)))
    },
    push: async (where, push) => {
      note('push', push)
      return store.write((db) =>
        queueBuild(db, {
          ...where,
          source: 'push',
          commit: push.commit,
          title: 'First',
          by: push.by,
          at,
        }),
      )
    },
    rollback: async (where, release, by) => {
      note('rollback', { release, by })
      return store.write((db) => queueDeployment(db, newDeployment(where, release ?? 1)))
    },
    abort: async (where, deployment, by) => {
      note('abort', { deployment, by })
      return requireDeployment(store.db, where, deployment)
    },
    changeSettings: (_place, change, by) => changed('settings', change, by),
    changeSecrets: async (_place, change, by) => {
      world.secrets.push(change.set)
      return changed('secrets', change, by)
    },
    chooseEngine: async (where, engine, by) => note('engine', { ...where, engine, by }),
    chooseServerEngine: async (engine, by) => note('server-engine', { engine, by }),
    logInAt: async ({ host, user }, by) => note('log-in', { host, user, by }),
    logOutAt: async (host, by) => note('log-out', { host, by }),
    scale: async () => [{ name: 'web', routed: true, replicas: 2, asked: true }],
    changeScale: async (where, change, by) => note('scale', { ...where, ...change, by }),
    branch: async ({ environment }) => (environment === 'production' ? 'main' : environment),
    serving: (where) => servingNow(store.db, where),
    urls: async (where) => {
      await world.beforeLook(where)
      await requireEnvironment(store.db, where)
      return [`http://${where.app}.localhost:8080`]
    },
  }
}

export const newRelease: Omit<Release, 'number' | 'stableAt'> = {
  ...place,
  commit,
  title: 'First',
  build: 1,
  artifact: 'sha256-1',
  services: {
    web: { ...defaultService, command: ['node', 'server.js'] },
    worker: { ...defaultService, command: 'node worker.js', replicas: 2 },
  },
  jobs: {},
  strategy: 'blue-green',
  promotedFrom: null,
  routes: [{ host: 'shop.localhost', path: '/', service: 'web' }],
  settings: { COLOUR: 'blue' },
  secrets: { TOKEN: 1 },
  createdAt: at,
  by: 'laptop',
  reason: 'push',
}

export const newRollout = (release: number, changes: Partial<Rollout> = {}): Rollout => ({
  status: 'queued',
  kind: 'release',
  candidate: { release, strategy: 'blue-green', services: [], jobs: [] },
  stable: null,
  traffic: 'stable',
  exposed: false,
  since: 0,
  wave: null,
  restartsAtFlip: {},
  displaced: [],
  rolling: null,
  silentSince: null,
  unservedSince: null,
  problem: null,
  pending: [],
  effects: 0,
  ...changes,
})

export const newDeployment = (
  where: Place,
  release: number,
  changes: Partial<Rollout> = {},
): Omit<Deployment, 'number'> => ({
  ...where,
  release,
  from: null,
  rollout: newRollout(release, changes),
  by: 'laptop',
  queuedAt: at,
  startedAt: changes.status === undefined ? null : at,
  liveAt: null,
  endedAt: null,
})

export const addReleases = async ({ store }: Rig, count: number): Promise<void> => {
  for (let n = 0; n < count; n += 1) await store.write((db) => createRelease(db, newRelease))
}

export const newInstance = (id: string, changes: Partial<Instance> = {}): Instance => ({
  id,
  set: { ...place, service: 'web', release: 1 },
  address: { host: '127.0.0.1', port: 20_001 },
  health: 'healthy',
  healthyForMs: 10,
  restarts: 0,
  lastExit: null,
  reason: null,
  listening: [],
  startedAt: at,
  pid: 4711,
  ...changes,
})

export const newLine = (position: number): LogLine => ({
  position,
  at,
  instance: 'web-1',
  service: 'web',
  release: 1,
  text: `line ${position}`,
})

export type Question = {
  method?: string
  body?: unknown
  /** Sent as it is, without becoming JSON first. */
  raw?: string | Buffer
  headers?: Record<string, string>
  /** Null: none is sent. */
  token?: string | null
  signal?: AbortSignal
}

export type Answer = {
  status: number
  headers: IncomingMessage['headers']
  text: string
  /** The body, if it is JSON. */
  json: Record<string, unknown>
}

/** Asks over a real socket, with the path exactly as given. */
export async function ask(rig: Rig, path: string, question: Question = {}): Promise<Answer> {
  const response = await open(rig, path, question)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const isJson = response.headers['content-type']?.startsWith('application/json') ?? false
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text,
    json: isJson && text !== '' ? JSON.parse(text) : {},
  }
}

/** The answer with its body unread. */
export function open(rig: Rig, path: string, question: Question = {}): Promise<IncomingMessage> {
  const { method = 'GET', body, headers = {}, signal } = question
  const sentToken = question.token === undefined ? token : question.token
  const raw = question.raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const { hostname, port } = new URL(rig.address)
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        hostname,
        port,
        method,
        path,
        agent: false,
        headers: {
          ...(sentToken === null ? {} : { authorization: `Bearer ${sentToken}` }),
          ...(raw === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(raw) }),
          ...headers,
        },
        ...(signal ? { signal } : {}),
      },
      resolve,
    )
    sent.on('error', reject)
    sent.end(raw)
  })
}

/** What the server says to bytes that no well-behaved client would send. */
export function sayRaw(rig: Rig, bytes: string): Promise<string> {
  const { hostname, port } = new URL(rig.address)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes))
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}

/** The messages of a stream until it ends; `count` of them where it goes on for ever. */
export async function listen(
  rig: Rig,
  path: string,
  { count = Number.POSITIVE_INFINITY, ...question }: Question & { count?: number } = {},
) {
  const response = await open(rig, path, question)
  const messages: { id: number; event: string; data: Record<string, unknown> }[] = []
  for await (const { id, event, data } of readMessages(response)) {
    messages.push({ id: Number(id), event, data: JSON.parse(data) })
    if (messages.length === count) break
  }
  response.destroy()
  return messages
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
