import { z } from 'zod'
import { tokenKinds } from '../model/token.ts'
import { engineChoice } from './engine-shapes.ts'

/** Shapes of requests and answers: checked by the server, types for the command line and the web. */

export const problem = z.object({ code: z.string(), facts: z.record(z.string(), z.unknown()) })

/** The body of every answer that is not 2xx. `message` and `hint` are sentences in the asker's language. */
export const failure = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  facts: z.record(z.string(), z.unknown()),
  requestId: z.string(),
})

/** Who Naru is at a registry of images; never the password. */
export const registry = z.object({ host: z.string(), user: z.string(), setAt: z.string() })
export const newRegistry = z.strictObject({
  user: z.string().min(1).max(255),
  password: z.string().min(1).max(65_536),
})

export const serverInfo = z.object({
  version: z.string(),
  pid: z.number(),
  domain: z.string(),
  /** Base URL of the router as visitors reach it, "http://127.0.0.1:8080". */
  http: z.string(),
  api: z.string(),
  dataFolder: z.string(),
  engine: engineChoice,
  startedAt: z.string(),
  table: z.number(),
  /** Whether the router is still one of before: a newer one did not come up. */
  olderRouter: z.boolean(),
})

export const app = z.object({
  name: z.string(),
  createdAt: z.string(),
  /** The release that production points to. */
  stable: z.number().nullable(),
  urls: z.array(z.string()),
})
export const newApp = z.strictObject({ name: z.string() })

export const environment = z.object({
  app: z.string(),
  name: z.string(),
  /** The branch whose pushes come here. */
  branch: z.string(),
  stable: z.number().nullable(),
  /** The release that users reach now. */
  serving: z.number().nullable(),
  urls: z.array(z.string()),
})
/** `from`: the environment whose settings it begins with; secrets are never copied. */
export const newEnvironment = z.strictObject({
  name: z.string(),
  branch: z.string().nullable().default(null),
  from: z.string().nullable().default(null),
})

export const build = z.object({
  app: z.string(),
  environment: z.string(),
  number: z.number(),
  status: z.enum(['queued', 'running', 'succeeded', 'failed', 'superseded', 'cancelled']),
  source: z.enum(['push', 'archive']),
  commit: z.string(),
  title: z.string(),
  by: z.string(),
  queuedAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  artifact: z.string().nullable(),
  problem: problem.nullable(),
  deployment: z.number().nullable(),
  /** False with `deploy: manual`: it makes an artifact and nothing else. */
  deploys: z.boolean(),
  /** What keeps nothing from going on: a file of secrets in the commit, by the names in it; a disk that fills up. */
  warnings: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('env-file'), file: z.string(), names: z.array(z.string()) }),
      z.object({
        kind: z.literal('disk'),
        folder: z.string(),
        usedPercent: z.number(),
        freeBytes: z.number(),
      }),
    ]),
  ),
  /** While it is queued: how many builds come before it. */
  ahead: z.number().nullable(),
})

export const service = z.object({ name: z.string(), routed: z.boolean(), replicas: z.number() })

export const release = z.object({
  app: z.string(),
  environment: z.string(),
  number: z.number(),
  commit: z.string(),
  title: z.string(),
  build: z.number(),
  artifact: z.string(),
  services: z.array(service),
  /** Names of its jobs. */
  jobs: z.array(z.string()),
  strategy: z.enum(['blue-green', 'rolling', 'recreate']),
  routes: z.array(z.object({ host: z.string(), path: z.string(), service: z.string() })),
  settings: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), z.number()),
  createdAt: z.string(),
  by: z.string(),
  reason: z.string(),
  /** The release whose artifact a promotion took. */
  promotedFrom: z.object({ environment: z.string(), release: z.number() }).nullable(),
  stableAt: z.string().nullable(),
  /** What the environment points to; of a deployment that is not over; ready for a flip back; none of these. */
  state: z.enum(['stable', 'candidate', 'warm', 'retired']),
})

export const status = z.enum([
  'queued',
  'preparing',
  'starting',
  'shifting',
  'paused',
  'baking',
  'promoting',
  'aborting',
  'restoring',
  'blocked',
  'succeeded',
  'rolled_back',
  'failed',
  'superseded',
  'cancelled',
])

export const deployment = z.object({
  app: z.string(),
  environment: z.string(),
  number: z.number(),
  release: z.number(),
  from: z.number().nullable(),
  kind: z.enum(['release', 'rollback']),
  status,
  problem: problem.nullable(),
  /** The release that users reach now (while it runs) or reached when it ended. */
  serving: z.number().nullable(),
  by: z.string(),
  queuedAt: z.string(),
  startedAt: z.string().nullable(),
  liveAt: z.string().nullable(),
  endedAt: z.string().nullable(),
})

export const event = z.object({
  id: z.number(),
  at: z.string(),
  app: z.string().nullable(),
  environment: z.string().nullable(),
  kind: z.string(),
  data: z.record(z.string(), z.unknown()),
})

export const deploymentStory = deployment.extend({ events: z.array(event) })

export const instance = z.object({
  id: z.string(),
  service: z.string(),
  release: z.number(),
  address: z.string(),
  health: z.enum(['starting', 'healthy', 'unhealthy', 'down', 'stopping']),
  restarts: z.number(),
  lastExit: z
    .object({
      code: z.number().nullable(),
      signal: z.string().nullable(),
      at: z.string(),
      /** The limit is null where the machine itself had none left. */
      outOfMemory: z.object({ limitBytes: z.number().nullable() }).optional(),
    })
    .nullable(),
  reason: z.string().nullable(),
  startedAt: z.string(),
  pid: z.number().nullable(),
})

/** `cpu`: cores that were busy for it over the last moment. A limit of null: none of its own. */
export const usage = z.object({
  instance: z.string(),
  cpu: z.number(),
  memoryBytes: z.number(),
  processes: z.number(),
  limits: z.object({
    cpu: z.number().nullable(),
    memoryBytes: z.number().nullable(),
    processes: z.number().nullable(),
  }),
})

export const logLine = z.object({
  position: z.number(),
  at: z.string(),
  instance: z.string(),
  service: z.string(),
  release: z.number(),
  text: z.string(),
})

/** What an app's environment is doing now. */
export const placeStatus = z.object({
  app: z.string(),
  environment: z.string(),
  urls: z.array(z.string()),
  /** The release that users reach now. */
  serving: z.number().nullable(),
  /** The release that answers as well while it replaces the other instance by instance. */
  beside: z.number().nullable(),
  stable: z.number().nullable(),
  warm: z.object({ release: z.number(), secondsLeft: z.number() }).nullable(),
  /** Release of the deployment that is running. */
  deployment: deployment.nullable(),
  last: deployment.nullable(),
  instances: z.array(instance),
})

export const newPush = z.strictObject({
  commit: z
    .string()
    .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a full commit id of 40 or 64 hex digits'),
  ref: z.string().regex(/^[^\p{Cc}]{1,1000}$/u, 'expected the full name of a ref'),
})
/** What people call an archive that is sent; the title of its build says so. */
export const sentArchive = z.strictObject({
  name: z
    .string()
    .regex(/^[^\p{Cc}]{1,200}$/u, 'expected at most 200 characters on one line')
    .default('archive'),
})
/** What to deploy without building: a build's artifact, what was deployed last, or what is stable in another environment. */
export const deployRequest = z.union([
  z.strictObject({ build: z.number().int().positive() }),
  z.strictObject({ again: z.literal(true) }),
  z.strictObject({ promote: z.string() }),
])
/** How many instances each service has to have; `asked`: by `naru scale`, not by the release. */
export const scale = z.object({
  services: z.array(
    z.object({
      name: z.string(),
      routed: z.boolean(),
      replicas: z.number(),
      asked: z.boolean(),
    }),
  ),
})
/** `unset`: as many as the releases say. `confirm` repeats the app's name where visitors would be left with nobody. */
export const scaleChange = z.strictObject({
  set: z.record(z.string(), z.number().int().min(0).max(50)).default({}),
  unset: z.array(z.string()).max(1000).default([]),
  confirm: z.string().default(''),
})
/** Without `release`: the one that was stable before. */
export const rollbackRequest = z.strictObject({ release: z.number().int().positive().optional() })

/** `deploy: false` keeps the change for the next release. */
export const settingsChange = z.strictObject({
  set: z.record(z.string(), z.string()).default({}),
  unset: z.array(z.string()).max(1000).default([]),
  deploy: z.boolean().default(true),
})
export const settingsList = z.object({ settings: z.record(z.string(), z.string()) })
export const secret = z.object({ name: z.string(), version: z.number(), updatedAt: z.string() })
export const secretsList = z.object({ secrets: z.array(secret) })
export const token = z.object({
  name: z.string(),
  kind: z.enum(tokenKinds),
  createdAt: z.string(),
  createdBy: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
})
export const newToken = z.strictObject({
  name: z.string(),
  kind: z.enum(tokenKinds).default('deployer'),
})
/** The only answer that ever holds a token. */
export const madeToken = token.extend({ value: z.string() })
/** The deployment that a change started; null where nothing serves yet or none was asked for. */
export const changed = z.object({ deployment: deployment.nullable() })
/** One thing that grows, what it uses now, and what it may; `limit` null: bounded by something else in the list. */
export const bound = z.object({
  what: z.string(),
  used: z.number(),
  limit: z.number().nullable(),
  unit: z.enum(['bytes', 'rows']),
})
export const stopRequest = z.strictObject({ keepApps: z.boolean() })

/** One message of a build log's stream. */
export const buildLine = z.object({ text: z.string() })

export type Bound = z.infer<typeof bound>
/** One run of a release's job. */
export const jobRun = z.object({
  app: z.string(),
  environment: z.string(),
  number: z.number(),
  release: z.number(),
  job: z.string(),
  status: z.enum(['running', 'succeeded', 'failed', 'timed_out', 'cancelled']),
  by: z.string(),
  /** The deployment that needs it; null where it was asked for by hand. */
  deployment: z.number().nullable(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
})
export const newJobRun = z.strictObject({ job: z.string() })

/** What no program can be given: it would end the word there. */
const word = z.string().regex(/^[^\0]*$/, 'expected a text without the character 0')
const side = z.number().int().min(1).max(10_000)
const terminalSize = { columns: side, rows: side }
const commandBegin = z.strictObject({
  command: z.union([word.min(1), z.tuple([word.min(1)], word)]),
  terminal: z
    .strictObject({ ...terminalSize, kind: z.string().regex(/^[\w.+-]{1,64}$/) })
    .nullable(),
  /** An instance of what serves, the one that has run the longest where none is named; null: a program of its own. */
  within: z
    .strictObject({ service: z.string(), instance: z.string().nullable() })
    .nullable()
    .default(null),
})
/** A text message to a command that is run by hand. */
export const toCommand = z.union([
  z.strictObject({ begin: commandBegin }),
  z.strictObject({ resize: z.strictObject(terminalSize) }),
  z.strictObject({ signal: z.enum(['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP']) }),
  z.strictObject({ inputEnds: z.literal(true) }),
])

export type Failure = z.infer<typeof failure>
export type ServerInfo = z.infer<typeof serverInfo>
export type RegistryView = z.infer<typeof registry>
export type AppView = z.infer<typeof app>
export type EnvironmentView = z.infer<typeof environment>
export type DeployRequest = z.infer<typeof deployRequest>
export type Scale = z.infer<typeof scale>
export type BuildView = z.infer<typeof build>
export type ReleaseView = z.infer<typeof release>
export type DeploymentView = z.infer<typeof deployment>
export type DeploymentStory = z.infer<typeof deploymentStory>
export type EventView = z.infer<typeof event>
export type InstanceView = z.infer<typeof instance>
export type UsageView = z.infer<typeof usage>
export type LogLineView = z.infer<typeof logLine>
export type TokenView = z.infer<typeof token>
export type MadeToken = z.infer<typeof madeToken>
export type SecretView = z.infer<typeof secret>
export type PlaceStatus = z.infer<typeof placeStatus>
export type Changed = z.infer<typeof changed>
export type JobRunView = z.infer<typeof jobRun>
export type CommandBegin = z.infer<typeof commandBegin>
