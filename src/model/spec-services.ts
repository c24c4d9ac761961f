import type { SpecNoun } from '../base/spec-mistake.ts'
import { isLabel } from './name.ts'
import { defaultService, type RouteSpec, type ServiceSpec, type Spec } from './spec.ts'
import { readResources, readVolumes } from './spec-containers.ts'
import { definition, type SpecKey } from './spec-definition.ts'
import { type Field, type SpecMistakes, within } from './spec-mistakes.ts'
import { readRequestPath } from './spec-paths.ts'
import {
  nearestLabel,
  readChoice,
  readCommand,
  readDuration,
  readReplicas,
  readWholeNumber,
} from './spec-values.ts'
import { type Position, quote, type YamlNode } from './yaml-tree.ts'

/** The services by name; only `web` where there are none. */
export function readServices(field: Field | undefined, mistakes: SpecMistakes): Spec['services'] {
  if (!field) return { web: structuredClone(defaultService) }
  const services: [string, ServiceSpec][] = []
  for (const { name, at, value } of readNamed(field, 'service', mistakes)) {
    const keys = mistakes.keysOf(value, 'service', mapping)
    if (keys && !keys.command && name !== 'web') {
      const found = { is: 'without-command', what: 'service', name } as const
      mistakes.at(at, value.path, found, { is: 'command-of', what: 'service' })
    }
    // A service that is wrong is still there for routes to name, so that one mistake is told once.
    services.push([name, readService(keys ?? {}, mistakes)])
  }
  return Object.fromEntries(services)
}

const mapping = { is: 'mapping', example: '{ command: node server.js }' } as const

type Keys<M extends 'service' | 'health' | 'stop'> = Partial<Record<SpecKey<M>, Field>>

/** The entries of one of the mappings whose keys are names of one's own; a bad name is reported and left out. */
export function readNamed(
  field: Field,
  what: SpecNoun & keyof typeof named,
  mistakes: SpecMistakes,
): { name: string; at: Position; value: Field }[] {
  const { value, example } = named[what]
  const expected = value.least > 0 ? ({ is: 'at-least-one', what, example } as const) : undefined
  const entries = mistakes.entriesOf(field, expected ?? { is: 'mapping', example }) ?? []
  if (expected && entries.length === 0 && isEmpty(field.node)) mistakes.wrong(field, expected)
  return mistakes.firstOf(field, entries, value.most, what).flatMap(({ key, at, value: node }) => {
    const path = within(field.path, key)
    if (isLabel(key)) return [{ name: key, at, value: { node, path } }]
    const { nearest } = nearestLabel(key)
    mistakes.at(at, path, { is: 'named', what, shown: quote(key) }, { is: 'label' }, nearest)
    return []
  })
}

const isEmpty = (node: YamlNode): boolean =>
  node.kind === 'nothing' || (node.kind === 'mapping' && node.entries.length === 0)

const { root } = definition
const named = {
  service: { value: root.services.value, example: 'web: { command: node server.js }' },
  job: { value: root.jobs.value, example: 'migrate: { command: npm run migrate }' },
  environment: { value: root.environments.value, example: 'staging: { branch: develop }' },
}

function readService(keys: Keys<'service'>, mistakes: SpecMistakes): ServiceSpec {
  const { service } = definition
  const command = keys.command && readCommand(keys.command, mistakes)
  const replicas = keys.replicas && readReplicas(keys.replicas, service.replicas.value, mistakes)
  const duration = (key: 'healthy-for' | 'healthy-within' | 'settle') => {
    const given = keys[key]
    return given && readDuration(given, service[key].value, mistakes)
  }
  const healthyForSeconds = duration('healthy-for') ?? defaultService.healthyForSeconds
  const healthyWithinSeconds = duration('healthy-within') ?? defaultService.healthyWithinSeconds
  const later = keys['healthy-within'] ?? keys['healthy-for']
  if (later && healthyWithinSeconds <= healthyForSeconds) {
    const found = {
      is: 'health-times',
      withinSeconds: healthyWithinSeconds,
      forSeconds: healthyForSeconds,
    } as const
    mistakes.wrong(later, { is: 'healthy-within-longer' }, { found })
  }
  const port = keys.port && readWholeNumber(keys.port, service.port.value, mistakes)
  const overlap = keys.overlap && readChoice(keys.overlap, service.overlap.value, mistakes)
  return {
    ...(command !== undefined && { command }),
    replicas: replicas ?? defaultService.replicas,
    health: readHealth(keys.health, mistakes),
    healthyForSeconds,
    healthyWithinSeconds,
    settleSeconds: duration('settle') ?? defaultService.settleSeconds,
    stop: readStop(keys.stop, mistakes),
    overlap: overlap ?? defaultService.overlap,
    ...(port !== undefined && { port }),
    resources: readResources(keys.resources, mistakes),
    volumes: readVolumes(keys.volumes, mistakes),
  }
}

function readHealth(field: Field | undefined, mistakes: SpecMistakes): ServiceSpec['health'] {
  const expected = { is: 'mapping', example: '{ path: /healthz }' } as const
  const keys: Keys<'health'> = (field && mistakes.keysOf(field, 'health', expected)) ?? {}
  const otherwise = defaultService.health
  const duration = (key: 'after' | 'every' | 'timeout') => {
    const given = keys[key]
    return given && readDuration(given, definition.health[key].value, mistakes)
  }
  return {
    path: (keys.path && readRequestPath(keys.path, mistakes)) ?? otherwise.path,
    afterSeconds: duration('after') ?? otherwise.afterSeconds,
    everySeconds: duration('every') ?? otherwise.everySeconds,
    timeoutSeconds: duration('timeout') ?? otherwise.timeoutSeconds,
  }
}

function readStop(field: Field | undefined, mistakes: SpecMistakes): ServiceSpec['stop'] {
  const expected = { is: 'mapping', example: '{ grace: 30s }' } as const
  const keys: Keys<'stop'> = (field && mistakes.keysOf(field, 'stop', expected)) ?? {}
  const { signal, grace } = definition.stop
  const asSignal = (text: string) => `SIG${text.toUpperCase()}`
  const otherwise = defaultService.stop
  return {
    signal:
      (keys.signal && readChoice(keys.signal, signal.value, mistakes, asSignal)) ??
      otherwise.signal,
    graceSeconds:
      (keys.grace && readDuration(keys.grace, grace.value, mistakes)) ?? otherwise.graceSeconds,
  }
}

/** Reports each service that would stop answering, since its instances may not overlap and a route leads to it. */
export function checkOverlap(
  field: Field | undefined,
  services: Spec['services'],
  routes: readonly RouteSpec[],
  mistakes: SpecMistakes,
): void {
  const entries = field?.node.kind === 'mapping' ? field.node.entries : []
  for (const { key, value } of entries) {
    const routed = routes.some((route) => route.service === key)
    if (!routed || services[key]?.overlap !== 'none' || value.kind !== 'mapping') continue
    const overlap = value.entries.find((entry) => entry.key === 'overlap')
    if (!overlap) continue
    const at = { node: overlap.value, path: `services.${key}.overlap` }
    mistakes.wrong(at, { is: 'overlap-without-route' })
  }
}
