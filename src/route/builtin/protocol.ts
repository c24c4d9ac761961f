import type { Applied, Drained, RouteTraffic } from '../router.ts'

/**
 * Version of what server and router say to each other over the control socket. A running router of another
 * version is replaced. `GET /identity` and `POST /shutdown` stay as they are in every version.
 */
export const protocolVersion = 1

export type Identity = {
  protocol: number
  pid: number
  /** Where visitors are answered. */
  host: string
  port: number
  /** Number of the table that is being served. */
  served: number
}

/** What each control call answers with status 200. Another status carries `{ reason, issues? }`. */
export type Answers = {
  'GET /identity': Identity
  'PUT /table': Applied
  'GET /traffic': RouteTraffic[]
  'POST /drain': Drained
  'POST /shutdown': Record<never, never>
}

export type Call = keyof Answers

/** Answered at once and never ended: as long as it is open, the router lives. */
export const alivePath = '/alive'

/** The body of a refused call. */
export type Refusal = { reason: string; issues?: string[] }

/** What the router tells the server that started it, once. */
export type StartReport = { listening: true } | { listening: false; code: string; reason: string }

/** The exit code of a router that found another one serving the same folder. */
export const alreadyRunning = 'ALREADY_RUNNING'
