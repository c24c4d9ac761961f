import { z } from 'zod'

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

export const serverInfo = z.object({
  version: z.string(),
  pid: z.number(),
  domain: z.string(),
  /** Base URL of the router as visitors reach it, "http://127.0.0.1:8080". */
  http: z.string(),
  api: z.string(),
  dataFolder: z.string(),
  engine: z.string(),
  startedAt: z.string(),
  table: z.number(),
})

export const app = z.object({
  name: z.string(),
  createdAt: z.string(),
  /** The release that production points to. */
  stable: z.number().nullable(),
  urls: z.array(z.string()),
})
export const newApp = z.strictObject({ name: z.string() })

export const build = z.object({
  app: z.string(),
  environment: z.string(),
  number: z.number(),
  status: z.enum(['queued', 'running', 'succeeded', 'failed', 'superseded']),
  commit: z.string(),
  title: z.string(),
  by: z.string(),
  queuedAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  artifact: z.string().nullable(),
  problem: problem.nullable(),
  deployment: z.number().nullable(),
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
  routes: z.array(z.object({ host: z.string(), path: z.string(), service: z.string() })),
  settings: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), z.number()),
  createdAt: z.string(),
  by: z.string(),
  reason: z.string(),
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
    .object({ code: z.number().nullable(), signal: z.string().nullable(), at: z.string() })
    .nullable(),
  reason: z.string().nullable(),
  startedAt: z.string(),
  pid: z.number().nullable(),
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
/** The deployment that a change started; null where nothing serves yet or none was asked for. */
export const changed = z.object({ deployment: deployment.nullable() })
export const stopRequest = z.strictObject({ keepApps: z.boolean() })

/** One message of a build log's stream. */
export const buildLine = z.object({ text: z.string() })

export type Failure = z.infer<typeof failure>
export type ServerInfo = z.infer<typeof serverInfo>
export type AppView = z.infer<typeof app>
export type BuildView = z.infer<typeof build>
export type ReleaseView = z.infer<typeof release>
export type DeploymentView = z.infer<typeof deployment>
export type DeploymentStory = z.infer<typeof deploymentStory>
export type EventView = z.infer<typeof event>
export type InstanceView = z.infer<typeof instance>
export type LogLineView = z.infer<typeof logLine>
export type SecretView = z.infer<typeof secret>
export type PlaceStatus = z.infer<typeof placeStatus>
export type Changed = z.infer<typeof changed>
