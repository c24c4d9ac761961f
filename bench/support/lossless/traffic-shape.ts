/** What the client process is told on its first line of input. */
export type Orders = {
  port: number
  host: string
  /** A file to which every body that was sent is written down with what became of it. */
  sent: string
  /** Ordinary requests a second: on kept connections, on new ones, and with a body. */
  perSecond: number
  slowMs: number
  uploadBytes: number
  /** The router may say that nobody serves: counted apart, and no failure. */
  mayBeDown: boolean
}

/** On later lines: a name under which times are counted from now on, or the end. */
export type Word = { phase: string } | { stop: true }

/** What it says, a line each. */
export type Said =
  | { kind: 'failure'; at: number; lane: string; what: string; instance: string | null }
  | { kind: 'down'; at: number; lane: string }
  | {
      kind: 'stream'
      lane: string
      instance: string
      openedAt: number
      endedAt: number
      how: string
      pieces: number
    }
  | { kind: 'count'; requests: number }
  | ({ kind: 'summary' } & Summary)

export type Summary = {
  requests: number
  /** By lane. */
  lanes: Record<string, number>
  /** By phase: how long ordinary requests without a body took. */
  times: Record<string, { count: number; p50Ms: number; p99Ms: number; mostMs: number }>
  /** When the last ordinary request began that this instance answered. */
  lastBegun: Record<string, number>
}

/** What became of a body: `no` means that the router said so. */
export type Became = 'counted' | 'no' | 'lost'
