import {
  defaultLimits,
  defaultTimeouts,
  type RouteLimits,
  type RouteTimeouts,
} from './route-bounds.ts'
import type { RouteSpec, Spec } from './spec.ts'
import { definition, type SpecKey } from './spec-definition.ts'
import { nearestKey } from './spec-keys.ts'
import type { Field, SpecMistakes } from './spec-mistakes.ts'
import { readHost, readRoutePath } from './spec-paths.ts'
import { readDuration, readSize, readText, readWholeNumber } from './spec-values.ts'

/** The routes of a list; undefined where there is none, whose app has `defaultRoutes`. */
export function readRoutes(
  field: Field | undefined,
  services: Spec['services'],
  mistakes: SpecMistakes,
): RouteSpec[] | undefined {
  if (!field) return undefined
  if (field.node.kind !== 'list') {
    return mistakes.wrong(field, { is: 'list', example: '- host: shop.example.com' })
  }
  const seen = new Map<string, number>()
  const { most } = definition.root.routes.value
  return mistakes.firstOf(field, field.node.items, most, 'route').flatMap((node, index) => {
    const item = { node, path: `${field.path}[${index}]` }
    const route = readRoute(item, services, mistakes)
    if (!route) return []
    const key = `${route.host ?? ''} ${route.path}`
    const first = seen.get(key)
    if (first !== undefined) {
      const found = { is: 'same-route', line: first } as const
      mistakes.wrong(item, { is: 'another-route' }, { found })
    }
    seen.set(key, first ?? node.line)
    return [route]
  })
}

/** Everything leads to `web`, and nothing anywhere where there is no service of that name. */
export const defaultRoutes = (services: Spec['services']): RouteSpec[] =>
  Object.hasOwn(services, 'web') ? [{ path: '/', service: 'web' }] : []

function readRoute(
  field: Field,
  services: Spec['services'],
  mistakes: SpecMistakes,
): RouteSpec | undefined {
  const before = mistakes.list.length
  const expected = { is: 'mapping', example: '{ host: shop.example.com, service: web }' } as const
  const keys = mistakes.keysOf(field, 'route', expected)
  if (!keys) return undefined
  const host = keys.host && readHost(keys.host, mistakes)
  const path = (keys.path && readRoutePath(keys.path, mistakes)) ?? '/'
  const service = readService(field, keys.service, services, mistakes)
  const timeouts = keys.timeouts && readTimeouts(keys.timeouts, mistakes)
  const limits = keys.limits && readLimits(keys.limits, mistakes)
  if (mistakes.list.length > before || service === undefined) return undefined
  return {
    ...(host !== undefined && { host }),
    path,
    service,
    ...(timeouts && { timeouts }),
    ...(limits && { limits }),
  }
}

function readTimeouts(field: Field, mistakes: SpecMistakes): RouteTimeouts {
  const expected = { is: 'mapping', example: '{ answer: 5m }' } as const
  const keys: Keys<'timeouts'> = mistakes.keysOf(field, 'timeouts', expected) ?? {}
  const duration = (key: SpecKey<'timeouts'>) => {
    const given = keys[key]
    return given && readDuration(given, definition.timeouts[key].value, mistakes)
  }
  return {
    connectSeconds: duration('connect') ?? defaultTimeouts.connectSeconds,
    answerSeconds: duration('answer') ?? defaultTimeouts.answerSeconds,
    idleSeconds: duration('idle') ?? defaultTimeouts.idleSeconds,
  }
}

function readLimits(field: Field, mistakes: SpecMistakes): RouteLimits {
  const expected = { is: 'mapping', example: '{ body: 100MB, in-flight: 20 }' } as const
  const keys: Keys<'limits'> = mistakes.keysOf(field, 'limits', expected) ?? {}
  const { body, wait } = definition.limits
  const count = (key: 'in-flight' | 'queue') => {
    const given = keys[key]
    return given && readWholeNumber(given, definition.limits[key].value, mistakes)
  }
  const bytes = keys.body && readSize(keys.body, body.value, mistakes)
  const seconds = keys.wait && readDuration(keys.wait, wait.value, mistakes)
  return {
    bodyBytes: bytes ?? defaultLimits.bodyBytes,
    inFlight: count('in-flight') ?? defaultLimits.inFlight,
    queue: count('queue') ?? defaultLimits.queue,
    waitSeconds: seconds ?? defaultLimits.waitSeconds,
  }
}

type Keys<M extends 'timeouts' | 'limits'> = Partial<Record<SpecKey<M>, Field>>

function readService(
  route: Field,
  field: Field | undefined,
  services: Spec['services'],
  mistakes: SpecMistakes,
): string | undefined {
  const names = Object.keys(services)
  const expected = { is: 'service', names: names.slice(0, 10) } as const
  if (!field) {
    if (names.includes('web')) return 'web'
    return mistakes.wrong(route, expected, { found: { is: 'no-service' } })
  }
  const name = readText(field, expected, mistakes)
  if (name === undefined || names.includes(name)) return name
  const nearest = nearestKey(name, names)
  return mistakes.wrong(field, expected, nearest === undefined ? {} : { nearest })
}
