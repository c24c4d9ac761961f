import type { Socket } from 'node:net'
import websocket from '@fastify/websocket'
import fastify, { type InjectOptions, type LightMyRequestResponse } from 'fastify'
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod'
import { randomId } from '../base/id.ts'
import { Admissions } from './admissions.ts'
import { appRoutes } from './apps.ts'
import { archiveRoutes } from './archives.ts'
import { authenticate } from './authentication.ts'
import { buildRoutes } from './builds.ts'
import { deploymentRoutes } from './deployments.ts'
import { engineRoutes } from './engines.ts'
import { environmentRoutes } from './environments.ts'
import { eventRoutes } from './events.ts'
import { answerFailures, answerRefusal, bodyLimitBytes, unreadable } from './failure.ts'
import { gitRoutes } from './git.ts'
import { instanceRoutes } from './instances.ts'
import { jobRoutes } from './jobs.ts'
import { readJsonBodies } from './json-body.ts'
import { logRoutes } from './logs.ts'
import { describeApi } from './openapi.ts'
import type { Api, ApiParts } from './parts.ts'
import { checkNames } from './path.ts'
import { pushRoutes } from './pushes.ts'
import { registryRoutes } from './registries.ts'
import { releaseRoutes } from './releases.ts'
import { logRequests } from './request-log.ts'
import { runRoutes } from './run.ts'
import { scaleRoutes } from './scale.ts'
import { secretRoutes } from './secrets.ts'
import { serverRoutes } from './server-info.ts'
import { settingRoutes } from './settings.ts'
import { type StreamLimits, Streams } from './stream.ts'
import { tokenRoutes } from './tokens.ts'
import { webSocketsOf } from './upgrade.ts'

export type ApiServer = {
  /** Returns its base URL; with port 0 a free one. Rejects with what the socket says, EADDRINUSE. */
  listen(host: string, port: number): Promise<string>
  /** Cuts streams so that their readers come back later, lets other answers end for `closeGraceMs`, then cuts those too. */
  close(): Promise<void>
  /** Asks without a socket. */
  inject(request: InjectOptions): Promise<LightMyRequestResponse>
  readonly routes: readonly Route[]
}

export type Route = { method: string; url: string; permission: string }

/** How long answers that are on their way may take when the server ends. */
const closeGraceMs = 1000

/** The HTTP API over the given parts: all that is told to or asked of Naru goes through it. */
export async function apiServer(parts: ApiParts, limits?: StreamLimits): Promise<ApiServer> {
  const api = bareServer(parts)
  const streams = new Streams(parts, limits)
  const routes = collectRoutes(api)
  // First, so that a connection which is refused is closed too.
  await api.register(websocket, {
    options: { maxPayload: bodyLimitBytes, server: webSocketsOf(api.server) },
    preClose: (done) => {
      // Whoever holds one learns that it is broken off; one that reads nothing would never answer a farewell.
      for (const socket of api.websocketServer.clients) socket.terminate()
      api.websocketServer.close()
      done()
    },
  })
  logRequests(api, parts.log)
  authenticate(api, new Admissions(parts.tokens, parts.store.onEvent))
  checkNames(api)
  answerFailures(api, parts)
  readJsonBodies(api)
  await describeApi(api)
  serverRoutes(api, parts)
  appRoutes(api, parts)
  engineRoutes(api, parts)
  environmentRoutes(api, parts)
  pushRoutes(api, parts)
  archiveRoutes(api, parts)
  buildRoutes(api, parts, streams)
  releaseRoutes(api, parts)
  deploymentRoutes(api, parts, streams)
  instanceRoutes(api, parts)
  logRoutes(api, parts, streams)
  scaleRoutes(api, parts)
  jobRoutes(api, parts, streams)
  runRoutes(api, parts)
  settingRoutes(api, parts)
  secretRoutes(api, parts)
  tokenRoutes(api, parts)
  registryRoutes(api, parts)
  eventRoutes(api, parts, streams)
  gitRoutes(api, parts)
  await api.ready()
  return {
    listen: (host, port) => api.listen({ host, port }),
    close: () => close(api, streams),
    inject: (request) => api.inject(request),
    routes,
  }
}

function bareServer({ words }: ApiParts): Api {
  const api = fastify({
    logger: false,
    bodyLimit: bodyLimitBytes,
    genReqId: () => randomId(12),
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 4096 },
    frameworkErrors: answerRefusal(words),
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
      const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400
      socket.end(unreadable(words, randomId(12), status))
    },
  }).withTypeProvider<ZodTypeProvider>()
  api.setValidatorCompiler(validatorCompiler)
  api.setSerializerCompiler(serializerCompiler)
  api.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  return api
}

function collectRoutes(api: Api): Route[] {
  const routes: Route[] = []
  api.addHook('onRoute', ({ method, url, config }) => {
    for (const each of [method].flat()) {
      routes.push({ method: each, url, permission: config?.permission ?? '' })
    }
  })
  return routes
}

async function close(api: Api, streams: Streams): Promise<void> {
  streams.close()
  const deadline = setTimeout(() => api.server.closeAllConnections(), closeGraceMs)
  try {
    await api.close()
  } finally {
    clearTimeout(deadline)
  }
}
