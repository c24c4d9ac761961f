import type { Readable } from 'node:stream'
import { NaruError } from '../base/error.ts'
import type { EngineName } from '../model/engine.ts'
import type { Place } from '../model/environment.ts'
import { startCommand } from './command.ts'
import type { EnginesView } from './engine-shapes.ts'
import { type ApiRequest, type ApiTarget, ask, send } from './request.ts'
import type {
  AppView,
  Bound,
  BuildView,
  Changed,
  CommandBegin,
  DeploymentStory,
  DeploymentView,
  DeployRequest,
  EnvironmentView,
  EventView,
  InstanceView,
  JobRunView,
  LogLineView,
  MadeToken,
  PlaceStatus,
  RegistryView,
  ReleaseView,
  Scale,
  SecretView,
  ServerInfo,
  TokenView,
  UsageView,
} from './shapes.ts'
import { patiently, type Resumption, resumedMessages } from './stream.ts'

export type ApiClient = ReturnType<typeof apiClient>

export type ApiOptions = {
  /**
   * For how long questions and streams wait for a server that does not answer. 0: not at all, but a stream
   * that was once connected still waits `followingMs`.
   */
  patienceMs?: number
}

/** How long nothing may move while an archive is sent, or made into a commit, in milliseconds. */
const sendingMs = 300_000

/** How long a broken stream waits for the server to come back, in milliseconds. */
export const followingMs = 60_000

export type BuildMessage = { kind: 'line'; text: string } | { kind: 'end'; build: BuildView }
export type JobMessage = { kind: 'line'; line: LogLineView } | { kind: 'end'; run: JobRunView }
export type StoryMessage =
  | { kind: 'event'; event: EventView }
  | { kind: 'end'; deployment: DeploymentView }
export type LogQuestion = {
  follow?: boolean
  service?: string
  release?: number
  since?: string
  tail?: number
}
/** `confirm` repeats the app's name where a service that has traffic gets 0 instances. */
export type ScaleWish = { set?: Record<string, number>; unset?: string[]; confirm?: string }
export type Change = { set?: Record<string, string>; unset?: string[]; deploy: boolean }

/** Every row of the API's table as a method. Throws `ApiFailure` and `server.unreachable`. */
export function apiClient(target: ApiTarget, { patienceMs = 0 }: ApiOptions = {}) {
  const get = <T>(path: string, query: NonNullable<ApiRequest['query']> = {}) =>
    patiently(() => ask<T>(target, { method: 'GET', path, query }), patienceMs)
  const post = <T>(path: string, body?: unknown) => ask<T>(target, { method: 'POST', path, body })
  const patch = <T>(path: string, body: unknown) => ask<T>(target, { method: 'PATCH', path, body })
  const put = <T>(path: string, body: unknown) => ask<T>(target, { method: 'PUT', path, body })
  const stream = (
    path: string,
    query: NonNullable<ApiRequest['query']>,
    how: Omit<Resumption, 'patienceMs'>,
  ) =>
    resumedMessages(
      (lastId) =>
        send(target, {
          method: 'GET',
          path,
          query,
          ...(lastId === null ? {} : { headers: { 'last-event-id': lastId } }),
          ...(how.signal ? { signal: how.signal } : {}),
        }),
      { ...how, patienceMs: patienceMs || followingMs, patient: patienceMs > 0 },
    )

  return {
    address: target.address,

    server: () => get<ServerInfo>('/v1/server'),
    tokens: async () => (await get<{ tokens: TokenView[] }>('/v1/tokens')).tokens,
    createToken: (name: string, kind: TokenView['kind']) =>
      post<MadeToken>('/v1/tokens', { name, kind }),
    revokeToken: (name: string) =>
      ask<void>(target, { method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(name)}` }),
    rotateKey: () => post<{ secrets: number }>('/v1/server/key'),
    bounds: async () => (await get<{ bounds: Bound[] }>('/v1/server/bounds')).bounds,
    registries: async () =>
      (await get<{ registries: RegistryView[] }>('/v1/registries')).registries,
    logInAt: (host: string, login: { user: string; password: string }) =>
      put<void>(`/v1/registries/${encodeURIComponent(host)}`, login),
    logOutAt: (host: string) =>
      ask<void>(target, { method: 'DELETE', path: `/v1/registries/${encodeURIComponent(host)}` }),
    engines: () => get<EnginesView>('/v1/engines'),
    chooseServerEngine: (engine: EngineName) => put<EnginesView>('/v1/engine', { engine }),
    /** Null: what the server builds for. */
    chooseEngine: (place: Place, engine: EngineName | null) =>
      put<EnginesView>(`${home(place)}/engine`, { engine }),
    stop: (keepApps: boolean) => post<void>('/v1/server/stop', { keepApps }),

    apps: async () => (await get<{ apps: AppView[] }>('/v1/apps')).apps,
    app: (app: string) => get<AppView>(appPath(app)),
    /** `created` is false where the app was there already. */
    async createApp(name: string): Promise<{ app: AppView; created: boolean }> {
      const response = await send(target, { method: 'POST', path: '/v1/apps', body: { name } })
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      return {
        app: JSON.parse(Buffer.concat(chunks).toString()) as AppView,
        created: response.statusCode === 201,
      }
    },
    destroyApp: (app: string, confirm: string) =>
      ask<void>(target, { method: 'DELETE', path: appPath(app), query: { confirm } }),

    /** Of one environment, or of all. */
    builds: async (app: string, environment?: string) =>
      (await get<{ builds: BuildView[] }>(`${appPath(app)}/builds`, { environment })).builds,
    build: (app: string, number: number) => get<BuildView>(`${appPath(app)}/builds/${number}`),
    async *buildLog(
      app: string,
      number: number,
      { follow = false } = {},
    ): AsyncGenerator<BuildMessage> {
      const messages = stream(
        `${appPath(app)}/builds/${number}/log`,
        { follow },
        { endsWith: 'end' },
      )
      for await (const { event, data } of messages) {
        if (event === 'line')
          yield { kind: 'line', text: read<{ text: string }>(target, data).text }
        else if (event === 'end') yield { kind: 'end', build: read<BuildView>(target, data) }
      }
    },

    cancelBuild: (app: string, number: number) =>
      post<BuildView>(`${appPath(app)}/builds/${number}/cancel`),

    environments: async (app: string) =>
      (await get<{ environments: EnvironmentView[] }>(`${appPath(app)}/environments`)).environments,
    createEnvironment: (app: string, wanted: { name: string; branch?: string; from?: string }) =>
      post<EnvironmentView>(`${appPath(app)}/environments`, wanted),
    destroyEnvironment: (place: Place, confirm: string) =>
      ask<void>(target, { method: 'DELETE', path: home(place), query: { confirm } }),
    status: (place: Place) => get<PlaceStatus>(home(place)),
    /** To the environment that deploys the branch: the build says which. */
    push: (app: string, push: { commit: string; ref: string }) =>
      post<BuildView>(`${appPath(app)}/pushes`, push),
    /** Sends a tar.gz as it comes; fails with what `bytes` fails with. */
    sendArchive: (place: Place, { name, bytes }: { name: string; bytes: Readable }) =>
      ask<BuildView>(target, {
        method: 'POST',
        path: `${home(place)}/archives`,
        query: { name },
        headers: { 'content-type': 'application/gzip' },
        bytes,
        timeoutMs: sendingMs,
      }),
    instances: async (place: Place) =>
      (await get<{ instances: InstanceView[] }>(`${home(place)}/instances`)).instances,
    usage: async (place: Place) =>
      (await get<{ usage: UsageView[] }>(`${home(place)}/usage`)).usage,
    async *logs(
      place: Place,
      question: LogQuestion = {},
      signal?: AbortSignal,
    ): AsyncGenerator<LogLineView> {
      const how = { endless: question.follow ?? false, ...(signal ? { signal } : {}) }
      for await (const message of stream(`${home(place)}/logs`, { ...question }, how)) {
        if (message.event === 'line') yield read<LogLineView>(target, message.data)
      }
    },
    jobRuns: async (place: Place) =>
      (await get<{ runs: JobRunView[] }>(`${home(place)}/jobs`)).runs,
    jobRun: (place: Place, run: number) => get<JobRunView>(`${home(place)}/jobs/${run}`),
    runJob: (place: Place, job: string) => post<JobRunView>(`${home(place)}/jobs`, { job }),
    cancelJobRun: (place: Place, run: number) =>
      post<JobRunView>(`${home(place)}/jobs/${run}/cancel`),
    async *jobLog(place: Place, run: number, { follow = false } = {}): AsyncGenerator<JobMessage> {
      const path = `${home(place)}/jobs/${run}/log`
      for await (const { event, data } of stream(path, { follow }, { endsWith: 'end' })) {
        if (event === 'line') yield { kind: 'line', line: read<LogLineView>(target, data) }
        else if (event === 'end') yield { kind: 'end', run: read<JobRunView>(target, data) }
      }
    },
    runCommand: (place: Place, wish: CommandBegin) => startCommand(target, place, wish),
    releases: async (place: Place) =>
      (await get<{ releases: ReleaseView[] }>(`${home(place)}/releases`)).releases,
    rollback: (place: Place, release?: number) =>
      post<DeploymentView>(`${home(place)}/rollback`, release === undefined ? {} : { release }),
    deployments: async (place: Place) =>
      (await get<{ deployments: DeploymentView[] }>(`${home(place)}/deployments`)).deployments,
    deploy: (place: Place, wish: DeployRequest) =>
      post<DeploymentView>(`${home(place)}/deployments`, wish),
    deployment: (place: Place, number: number) =>
      get<DeploymentStory>(`${home(place)}/deployments/${number}`),
    /** From the first event to the deployment's end, however long that takes. */
    async *story(place: Place, number: number): AsyncGenerator<StoryMessage> {
      const messages = stream(
        `${home(place)}/deployments/${number}/events`,
        {},
        { endsWith: 'end' },
      )
      for await (const { event, data } of messages) {
        if (event === 'event') yield { kind: 'event', event: read<EventView>(target, data) }
        else if (event === 'end')
          yield { kind: 'end', deployment: read<DeploymentView>(target, data) }
      }
    },
    abort: (place: Place, number: number) =>
      post<DeploymentView>(`${home(place)}/deployments/${number}/abort`),

    scale: async (place: Place) => (await get<Scale>(`${home(place)}/scale`)).services,
    changeScale: async (place: Place, change: ScaleWish) =>
      (await patch<Scale>(`${home(place)}/scale`, change)).services,
    settings: async (place: Place) =>
      (await get<{ settings: Record<string, string> }>(`${home(place)}/settings`)).settings,
    changeSettings: (place: Place, change: Change) =>
      patch<Changed>(`${home(place)}/settings`, change),
    secrets: async (place: Place) =>
      (await get<{ secrets: SecretView[] }>(`${home(place)}/secrets`)).secrets,
    changeSecrets: (place: Place, change: Change) =>
      patch<Changed>(`${home(place)}/secrets`, change),
  }
}

/** Whether a Naru server answers there, within two seconds. */
export async function answers(address: string): Promise<boolean> {
  try {
    const health = await ask<{ ok?: unknown }>(
      { address, token: null },
      { method: 'GET', path: '/v1/health', timeoutMs: 2000 },
    )
    return health?.ok === true
  } catch {
    return false // Whatever went wrong, it does not answer as a server does.
  }
}

const appPath = (app: string): string => `/v1/apps/${encodeURIComponent(app)}`

const home = ({ app, environment }: Place): string =>
  `${appPath(app)}/environments/${encodeURIComponent(environment)}`

function read<T>(target: ApiTarget, data: string): T {
  try {
    return JSON.parse(data) as T
  } catch (cause) {
    throw new NaruError(
      'naru.broken',
      { report: `${target.address} sent a message that is no JSON` },
      { cause },
    )
  }
}
