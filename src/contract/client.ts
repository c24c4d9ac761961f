import { NaruError } from '../base/error.ts'
import type { Place } from '../model/environment.ts'
import { type ApiRequest, type ApiTarget, ask, send } from './request.ts'
import type {
  AppView,
  BuildView,
  Changed,
  DeploymentStory,
  DeploymentView,
  EventView,
  InstanceView,
  LogLineView,
  PlaceStatus,
  ReleaseView,
  SecretView,
  ServerInfo,
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

/** How long a broken stream waits for the server to come back, in milliseconds. */
export const followingMs = 60_000

export type BuildMessage = { kind: 'line'; text: string } | { kind: 'end'; build: BuildView }
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
export type Change = { set?: Record<string, string>; unset?: string[]; deploy: boolean }

/** Every row of the API's table as a method. Throws `ApiFailure` and `server.unreachable`. */
export function apiClient(target: ApiTarget, { patienceMs = 0 }: ApiOptions = {}) {
  const get = <T>(path: string) =>
    patiently(() => ask<T>(target, { method: 'GET', path }), patienceMs)
  const post = <T>(path: string, body?: unknown) => ask<T>(target, { method: 'POST', path, body })
  const patch = <T>(path: string, body: unknown) => ask<T>(target, { method: 'PATCH', path, body })
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

    builds: async (app: string) =>
      (await get<{ builds: BuildView[] }>(`${appPath(app)}/builds`)).builds,
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

    status: (place: Place) => get<PlaceStatus>(home(place)),
    push: (place: Place, push: { commit: string; ref: string }) =>
      post<BuildView>(`${home(place)}/pushes`, push),
    instances: async (place: Place) =>
      (await get<{ instances: InstanceView[] }>(`${home(place)}/instances`)).instances,
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
    releases: async (place: Place) =>
      (await get<{ releases: ReleaseView[] }>(`${home(place)}/releases`)).releases,
    rollback: (place: Place, release?: number) =>
      post<DeploymentView>(`${home(place)}/rollback`, release === undefined ? {} : { release }),
    deployments: async (place: Place) =>
      (await get<{ deployments: DeploymentView[] }>(`${home(place)}/deployments`)).deployments,
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
