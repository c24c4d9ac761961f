import { existsSync, readFileSync } from 'node:fs'
import type { Act } from './acts.ts'
import type { Traffic } from './traffic.ts'
import type { Summary } from './traffic-shape.ts'

export type Failure = { at: number | null; lane: string; what: string; during: string[] }

export type Account = {
  /** What the app wrote down. */
  ledger: string
  /** What the visitors sent it, and what they were answered. */
  sent: string
  graceSeconds: number
  mayBeDown: boolean
}

/** Between the router's cut and the signal: both come at the end of a drain. */
const togetherMs = 1_500
/** Times of two processes, and a beat of whoever counts the grace. */
const looseMs = 500

/**
 * Everything that was lost:
 * - a request without its whole, right answer; where a strategy gives up availability, the router's own 503 is an
 *   answer while something is going on, and at no other time;
 * - a body that the app counted twice, otherwise than it was sent, or not at all though it was answered, or though the router said no;
 * - an event or an echo that is missing within a stream;
 * - a stream that ended before its instance's drain was over: an instance is told to end when its grace is up, or nothing
 *   is in flight to it any more, and no stream of it may end before that.
 */
export function judge(
  { failures, down, streams }: Traffic,
  summary: Summary,
  acts: readonly Act[],
  account: Account,
): Failure[] {
  const told = toldToEnd(account.ledger)
  const lost = [
    ...failures.map(({ at, lane, what, instance }) => ({
      at,
      lane,
      what: instance === null ? what : `${what} (${instance})`,
    })),
    ...down
      .filter(({ at }) => !account.mayBeDown || during(acts, at).length === 0)
      .map(({ at, lane }) => ({ at, lane, what: 'nobody served, and nothing was going on' })),
    ...streams.flatMap((stream) => {
      const { lane, instance, openedAt, endedAt, how, pieces } = stream
      const what = tooSoon(stream, told.get(instance), summary.lastBegun[instance], account)
      if (what === null) return []
      const lived = ((endedAt - openedAt) / 1000).toFixed(1)
      return [
        {
          at: endedAt,
          lane,
          what: `${what} (${instance}; ${how} after ${lived} s and ${pieces} pieces)`,
        },
      ]
    }),
    ...miscounted(account).map((what) => ({ at: null, lane: 'body', what })),
  ]
  return lost.map((failure) => ({
    ...failure,
    during: failure.at === null ? [] : during(acts, failure.at),
  }))
}

/** What was going on then, or had just ended. */
export const during = (acts: readonly Act[], at: number): string[] =>
  acts
    .filter(({ from, to }) => from <= at && at <= (to ?? Number.POSITIVE_INFINITY) + looseMs)
    .map(({ what, from }) => `${what} since ${((at - from) / 1000).toFixed(1)} s`)

function tooSoon(
  { endedAt }: Traffic['streams'][number],
  toldAt: number | undefined,
  lastBegun: number | undefined,
  { graceSeconds }: Account,
): string | null {
  if (toldAt === undefined) return 'a stream ended, and its instance was never told to end'
  if (endedAt < toldAt - togetherMs)
    return `a stream ended ${((toldAt - endedAt) / 1000).toFixed(1)} s before its instance was told to`
  const drainedFor = lastBegun === undefined ? Number.POSITIVE_INFINITY : toldAt - lastBegun
  if (drainedFor < graceSeconds * 1000 - looseMs)
    return `a stream was given ${(drainedFor / 1000).toFixed(1)} s instead of its grace of ${graceSeconds} s`
  return null
}

/** When each instance got its SIGTERM. */
function toldToEnd(ledger: string): Map<string, number> {
  const told = new Map<string, number>()
  for (const [kind, instance = '', at] of wordsOf(ledger))
    if (kind === 'term' && !told.has(instance)) told.set(instance, Number(at))
  return told
}

function miscounted({ ledger, sent }: Account): string[] {
  const counted = new Map<string, string[]>()
  for (const [kind, instance = '', path = '', bytes, digest] of wordsOf(ledger)) {
    if (kind !== 'body') continue
    counted.set(path, [...(counted.get(path) ?? []), `${bytes} ${digest} ${instance}`])
  }
  return wordsOf(sent).flatMap(([path = '', bytes, digest, became]) => {
    const found = counted.get(path) ?? []
    if (found.length > 1) return [`${path} was counted ${found.length} times: ${found.join(', ')}`]
    if (became === 'no' && found.length > 0)
      return [`${path} was counted, and the router had said that nobody serves`]
    if (found.length === 0)
      return became === 'counted' ? [`${path} was answered, and no app counted it`] : []
    return found[0]?.startsWith(`${bytes} ${digest} `)
      ? []
      : [`${path} was sent as ${bytes} ${digest} and counted as ${found[0]}`]
  })
}

const wordsOf = (file: string): string[][] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' '))
    : []
