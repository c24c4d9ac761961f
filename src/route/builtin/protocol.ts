import type { RouteTable } from '../../model/route.ts'
import type { Applied, Drained, RouteTraffic } from '../router.ts'

/**
 * Version of what server and router say to each other over the control socket. A running router of another version that
 * names its program hands over to a newer one; any other is replaced. `GET /identity`, `POST /shutdown`, `POST /hand-over`
 * and what is asked of an elder stay as they are in every version.
 */
export const protocolVersion = 2

export type Identity = {
  protocol: number
  pid: number
  /** Where visitors are answered. */
  host: string
  port: number
  /** Number of the table that is being served. */
  served: number
  /** Which program it runs, as whoever started it said. Not there: it cannot hand over. */
  program?: string
  /** Process id of what starts it again when it dies; 0 if nothing does. */
  supervisor?: number
  /** It has handed over, and lives on for what it has in flight. */
  elder?: boolean
}

/** What starts the newer router: its whole command, or only the program where the rest stays as it is. */
export type HandOver = { command?: string[]; program?: string }

/** What each control call answers with status 200. Another status carries `{ reason, issues? }`. */
export type Answers = {
  'GET /identity': Identity
  'PUT /table': Applied
  'GET /traffic': RouteTraffic[]
  'POST /drain': Drained
  'POST /shutdown': Record<never, never>
  /** Answered when the newer one serves. */
  'POST /hand-over': { pid: number }
  /** Asked of an elder, which follows the table for the connections that it still has. */
  'PUT /elder/table': Record<never, never>
  /** Without the routers that handed over to it and are alive. */
  'GET /elder/traffic': RouteTraffic[]
  /** The same. */
  'POST /elder/drain': Drained
  /** Asked by an elder as its last word. */
  'POST /elder/farewell': Record<never, never>
}

export type Call = keyof Answers

export type ElderTable = { table: RouteTable }
export type Farewell = { pid: number; traffic: RouteTraffic[] }

/** Answered at once and never ended: as long as it is open, the router lives and has not handed over. */
export const alivePath = '/alive'
/** The same for as long as it lives. */
export const elderAlivePath = '/elder/alive'

/** The body of a refused call. */
export type Refusal = { reason: string; issues?: string[] }

/** The status of a call that is for the newer router: to be asked again. */
export const handedOverStatus = 409

/** What the router tells whoever started it, once. */
export type StartReport =
  | {
      listening: true
      pid: number
      /** Process ids of the routers whose last requests it looks after. */
      elders: number[]
    }
  | { listening: false; code: string; reason: string }

/** The exit code of a router that found another one serving the same folder. */
export const alreadyRunning = 'ALREADY_RUNNING'

/** Descriptor of the listening socket that a supervised router inherits. */
export const listeningFd = 3
/** Descriptor of the pipe to whoever started the supervisor. */
export const reportFd = 4
/** Names the report's descriptor to the first router of a supervisor. */
export const reportVariable = 'NARU_ROUTER_REPORT'
/** Names the process id of the router that hands over to it. */
export const successorVariable = 'NARU_ROUTER_AFTER'
