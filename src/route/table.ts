import { isIP } from 'node:net'
import { NaruError } from '../base/error.ts'
import type { Route, RouteTable } from '../model/route.ts'
import { defaultLimits, defaultTimeouts } from '../model/route-bounds.ts'
import { isRouteHost } from './host.ts'
import type { Applied, RefusedRoute } from './router.ts'

/** The table before the first. */
export const emptyTable: RouteTable = { number: 0, routes: [] }

/**
 * What may be served of a table that came in, given the one that is being served. A bad route is refused alone,
 * and what its owner served at that address stays. Throws `table.invalid` if it is no table or an older one.
 */
export function checkTable(
  input: unknown,
  served: RouteTable,
): { table: RouteTable; refused: Applied['refused'] } {
  const { number, routes } = tableIn(input, served.number)
  const before = new Map(served.routes.map((route) => [addressOf(route), route]))
  const accepted = new Map<string, Route>()
  const refused: Applied['refused'] = []
  for (const candidate of routes) {
    const reason = reasonAgainst(candidate)
    if (reason === null) claim(candidate as Route, before, accepted, refused)
    else refused.push({ route: named(candidate), reason })
  }
  for (const { route } of refused) keepServed(route, before, accepted)
  return { table: { number, routes: [...accepted.values()] }, refused }
}

/** Finds the route of a request: its host exactly, then the longest path that begins the request's, by segments. */
export function routeFinder<R extends Pick<Route, 'host' | 'path'>>(
  routes: readonly R[],
): (host: string, target: string) => R | undefined {
  const byHost = new Map<string, { prefix: string; route: R }[]>()
  for (const route of routes) {
    const paths = byHost.get(route.host) ?? []
    paths.push({ prefix: withoutSlash(route.path), route })
    byHost.set(route.host, paths)
  }
  for (const paths of byHost.values()) paths.sort((a, b) => b.prefix.length - a.prefix.length)
  return (host, target) => byHost.get(host)?.find(({ prefix }) => begins(target, prefix))?.route
}

/** Host and path as one key: "shop.example.com/api". */
const addressOf = ({ host, path }: Pick<Route, 'host' | 'path'>): string =>
  `${host}${withoutSlash(path)}/`

const withoutSlash = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path)

const segmentEnds = new Set([undefined, '/', '?', '#'])

const begins = (target: string, prefix: string): boolean =>
  target.startsWith(prefix) && segmentEnds.has(target[prefix.length])

type Owner = Pick<Route, 'app' | 'environment'>

const ownerOf = ({ app, environment }: Owner): string => `${app}/${environment}`
const sameOwner = (a: Owner, b: Owner): boolean => ownerOf(a) === ownerOf(b)

/** An address that two claim goes to the one who has it, otherwise to the first. */
function claim(
  route: Route,
  before: ReadonlyMap<string, Route>,
  accepted: Map<string, Route>,
  refused: Applied['refused'],
): void {
  const address = addressOf(route)
  const rival = accepted.get(address)
  const holder = before.get(address)
  const takesOver =
    rival !== undefined &&
    holder !== undefined &&
    sameOwner(route, holder) &&
    !sameOwner(rival, holder)
  const winner = rival === undefined || takesOver ? route : rival
  accepted.set(address, winner)
  if (rival === undefined) return
  const loser = takesOver ? rival : route
  const reason = `${address} is a route of ${ownerOf(winner)} already`
  refused.push({ route: named(loser), reason })
}

/** A refused route changes nothing for its owner, unless the address went to another one. */
function keepServed(
  refused: RefusedRoute,
  before: ReadonlyMap<string, Route>,
  accepted: Map<string, Route>,
): void {
  const address = addressOf(refused)
  const holder = before.get(address)
  if (holder && sameOwner(holder, refused) && !accepted.has(address)) accepted.set(address, holder)
}

function tableIn(input: unknown, servedNumber: number): { number: number; routes: unknown[] } {
  const invalid = (issue: string) => new NaruError('table.invalid', { issues: [issue] })
  if (!isRecord(input)) throw invalid('it is no table')
  const { number, routes } = input
  if (!isCount(number)) throw invalid('it has no number')
  if (!Array.isArray(routes)) throw invalid('it has no list of routes')
  if (number < servedNumber)
    throw invalid(`table ${number} is older than ${servedNumber}, which is being served`)
  return { number, routes }
}

function reasonAgainst(route: unknown): string | null {
  if (!isRecord(route)) return 'it is no route'
  const { host, path, app, environment, service, page, backends } = route
  if (typeof host !== 'string' || !isRouteHost(host))
    return `its host is no lower-case host name: ${quoted(host)}`
  if (typeof path !== 'string' || !isRoutePath(path))
    return `its path is none that can be routed: ${quoted(path)}`
  for (const name of [app, environment, service])
    if (typeof name !== 'string' || name === '')
      return 'it does not name its app, environment and service'
  if (page !== 'starting' && page !== 'down') return `it has no page ${quoted(page)}`
  const unfit = reasonAgainstBounds(route)
  if (unfit !== null) return unfit
  if (!Array.isArray(backends)) return 'it has no list of backends'
  return backends.map(reasonAgainstBackend).find((reason) => reason !== null) ?? null
}

/** Timeouts and limits need not be there; what is there is whole. */
function reasonAgainstBounds(route: Record<string, unknown>): string | null {
  for (const [name, defaults] of Object.entries({
    timeouts: defaultTimeouts,
    limits: defaultLimits,
  })) {
    const bounds = route[name]
    if (bounds === undefined) continue
    if (!isRecord(bounds)) return `its ${name} are none: ${quoted(bounds)}`
    for (const key of Object.keys(defaults)) {
      const bound = bounds[key]
      if (typeof bound !== 'number' || !Number.isFinite(bound) || bound < 0)
        return `its ${name} have no ${key}: ${quoted(bound)}`
    }
  }
  return null
}

function reasonAgainstBackend(backend: unknown): string | null {
  if (!isRecord(backend)) return 'a backend is none'
  const { release, weight, instances } = backend
  if (!isCount(release)) return `a backend names no release: ${quoted(release)}`
  if (typeof weight !== 'number' || !Number.isFinite(weight) || weight < 0)
    return `the weight of release ${release} is no share: ${quoted(weight)}`
  if (!Array.isArray(instances)) return `release ${release} has no list of instances`
  return instances.map(reasonAgainstInstance).find((reason) => reason !== null) ?? null
}

function reasonAgainstInstance(instance: unknown): string | null {
  if (!isRecord(instance)) return 'an instance is none'
  const { id, host, port } = instance
  if (typeof id !== 'string' || id === '') return 'an instance has no id'
  if (typeof host !== 'string' || isIP(host) === 0)
    return `the host of ${id} is no IP address: ${quoted(host)}`
  if (!isCount(port) || port === 0 || port > 65_535)
    return `the port of ${id} is none: ${quoted(port)}`
  return null
}

/** No query, no blanks, nothing that a program could read as a step up. */
const isRoutePath = (path: string): boolean =>
  path.length <= 1024 &&
  /^\/[!-~]*$/.test(path) &&
  !/[?#\\]/.test(path) &&
  !path
    .slice(1, path.endsWith('/') ? -1 : undefined)
    .split('/')
    .some((part) => part === '.' || part === '..' || (part === '' && path !== '/'))

const isRecord = (input: unknown): input is Record<string, unknown> =>
  typeof input === 'object' && input !== null

const isCount = (input: unknown): input is number =>
  Number.isSafeInteger(input) && (input as number) >= 0

const quoted = (input: unknown): string => (JSON.stringify(input) ?? 'nothing').slice(0, 120)

/** What a refusal says of a route, whatever the route is. */
function named(route: unknown): RefusedRoute {
  const text = (key: string) =>
    isRecord(route) && typeof route[key] === 'string' ? route[key] : ''
  return {
    host: text('host'),
    path: text('path'),
    app: text('app'),
    environment: text('environment'),
  }
}
