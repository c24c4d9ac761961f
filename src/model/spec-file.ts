import { isLabel } from './name.ts'
import { defaultService, defaultSpec, type RouteSpec, type ServiceSpec, type Spec } from './spec.ts'
import { nearestKey, oneOf } from './spec-keys.ts'
import { type Field, SpecMistakes, within } from './spec-mistakes.ts'
import {
  nearestLabel,
  readCommand,
  readDuration,
  readHealthPath,
  readHost,
  readLabel,
  readOverlap,
  readReplicas,
  readRoutePath,
  readSignal,
  readText,
  refuseVariable,
} from './spec-values.ts'
import { quote, readYaml, type YamlNode } from './yaml-tree.ts'

/**
 * What a `naru.yaml` says, every default filled in; undefined text is an app without one. Throws
 * `spec.invalid` with every mistake in the file and never anything else, whatever the text is.
 */
export function parseSpec(text: string | undefined, { file }: { file: string }): Spec {
  if (text === undefined) return structuredClone(defaultSpec)
  const mistakes = new SpecMistakes()
  const tree = readYaml(text, mistakes.list)
  const spec = tree && readSpec(tree, mistakes)
  mistakes.throwIfAny(file)
  return spec ?? structuredClone(defaultSpec)
}

function readSpec(node: YamlNode, mistakes: SpecMistakes): Spec | undefined {
  const root = mistakes.keysOf({ node, path: '' }, 'root', 'keys with values, such as app: shop')
  if (!root) return undefined
  const app = root.app && readLabel(root.app, 'a name', mistakes)
  const services = readServices(root.services, mistakes)
  const routes = readRoutes(root.routes, services, mistakes)
  const settings = readSettings(root.settings, mistakes)
  return {
    ...(app !== undefined && { app }),
    build: readBuild(root.build, mistakes),
    services: checkedServices(root.services, services, routes, mistakes),
    routes,
    settings,
    secrets: readSecrets(root.secrets, settings, mistakes),
  }
}

function readBuild(field: Field | undefined, mistakes: SpecMistakes): Spec['build'] {
  const keys = field && mistakes.keysOf(field, 'build', 'a mapping with command')
  const command = keys?.command && readCommand(keys.command, mistakes)
  return command === undefined ? {} : { command }
}

function readServices(field: Field | undefined, mistakes: SpecMistakes): Spec['services'] {
  if (!field) return { web: structuredClone(defaultService) }
  const expected = 'at least one service, such as web: { command: node server.js }'
  const entries = mistakes.entriesOf(field, expected)
  if (entries?.length === 0) mistakes.wrong(field, expected)
  if (entries && entries.length > limitServices) {
    mistakes.wrong(field, `at most ${limitServices}`, { found: `${entries.length} services` })
  }
  const services: [string, ServiceSpec][] = []
  for (const { key, at, value } of entries ?? []) {
    const path = within(field.path, key)
    if (!isLabel(key)) {
      const expected = 'a name of lower-case letters, digits and dashes, a letter first, at most 40'
      mistakes.at(at, path, `the service ${quote(key)}`, expected, nearestLabel(key).nearest)
      continue
    }
    const keys = mistakes.keysOf(
      { node: value, path },
      'service',
      'a mapping, such as { command: node server.js }',
    )
    if (keys && !keys.command && key !== 'web') {
      mistakes.at(at, path, `${key} without a command`, 'a command: only web may leave it out')
    }
    // A service that is wrong is still there for routes to name, so that one mistake is told once.
    services.push([key, readService(keys ?? {}, mistakes)])
  }
  return Object.fromEntries(services)
}

const limitServices = 50

type ServiceKeys = NonNullable<ReturnType<typeof SpecMistakes.prototype.keysOf<'service'>>>

function readService(keys: ServiceKeys, mistakes: SpecMistakes): ServiceSpec {
  const command = keys.command && readCommand(keys.command, mistakes)
  const duration = (field: Field | undefined, least: number, otherwise: number) =>
    (field && readDuration(field, { least, most: day }, mistakes)) ?? otherwise
  const healthyForSeconds = duration(keys['healthy-for'], 0, defaultService.healthyForSeconds)
  const healthyWithinSeconds = duration(
    keys['healthy-within'],
    0.1,
    defaultService.healthyWithinSeconds,
  )
  const later = keys['healthy-within'] ?? keys['healthy-for']
  if (later && healthyWithinSeconds <= healthyForSeconds) {
    const found = `healthy-within ${healthyWithinSeconds}s and healthy-for ${healthyForSeconds}s`
    mistakes.wrong(later, 'healthy-within to be the longer one', { found })
  }
  return {
    ...(command !== undefined && { command }),
    replicas: (keys.replicas && readReplicas(keys.replicas, mistakes)) ?? defaultService.replicas,
    health: readHealth(keys.health, mistakes),
    healthyForSeconds,
    healthyWithinSeconds,
    settleSeconds: duration(keys.settle, 0, defaultService.settleSeconds),
    stop: readStop(keys.stop, mistakes),
    overlap: (keys.overlap && readOverlap(keys.overlap, mistakes)) ?? defaultService.overlap,
  }
}

const day = 86_400
const hour = 3600

function readHealth(field: Field | undefined, mistakes: SpecMistakes): ServiceSpec['health'] {
  const keys =
    (field && mistakes.keysOf(field, 'health', 'a mapping, such as { path: /healthz }')) ?? {}
  const otherwise = defaultService.health
  const duration = (key: 'after' | 'every' | 'timeout', least: number) => {
    const given = keys[key]
    return given && readDuration(given, { least, most: hour }, mistakes)
  }
  return {
    path: (keys.path && readHealthPath(keys.path, mistakes)) ?? otherwise.path,
    afterSeconds: duration('after', 0) ?? otherwise.afterSeconds,
    everySeconds: duration('every', 0.1) ?? otherwise.everySeconds,
    timeoutSeconds: duration('timeout', 0.01) ?? otherwise.timeoutSeconds,
  }
}

function readStop(field: Field | undefined, mistakes: SpecMistakes): ServiceSpec['stop'] {
  const keys = (field && mistakes.keysOf(field, 'stop', 'a mapping, such as { grace: 30s }')) ?? {}
  const otherwise = defaultService.stop
  const grace = keys.grace && readDuration(keys.grace, { least: 0, most: hour }, mistakes)
  return {
    signal: (keys.signal && readSignal(keys.signal, mistakes)) ?? otherwise.signal,
    graceSeconds: grace ?? otherwise.graceSeconds,
  }
}

function readRoutes(
  field: Field | undefined,
  services: Spec['services'],
  mistakes: SpecMistakes,
): RouteSpec[] {
  if (!field) return Object.hasOwn(services, 'web') ? [{ path: '/', service: 'web' }] : []
  if (field.node.kind !== 'list') {
    mistakes.wrong(field, 'a list, such as - host: shop.example.com')
    return []
  }
  if (field.node.items.length > limitRoutes) {
    mistakes.wrong(field, `at most ${limitRoutes}`, { found: `${field.node.items.length} routes` })
  }
  const seen = new Map<string, number>()
  return field.node.items.flatMap((node, index) => {
    const item = { node, path: `${field.path}[${index}]` }
    const route = readRoute(item, services, mistakes)
    if (!route) return []
    const key = `${route.host ?? ''} ${route.path}`
    const first = seen.get(key)
    if (first !== undefined) {
      const found = `the host and path of the route on line ${first}`
      mistakes.wrong(item, 'another host or path', { found })
    }
    seen.set(key, first ?? node.line)
    return [route]
  })
}

const limitRoutes = 200

function readRoute(
  field: Field,
  services: Spec['services'],
  mistakes: SpecMistakes,
): RouteSpec | undefined {
  const before = mistakes.list.length
  const keys = mistakes.keysOf(
    field,
    'route',
    'a mapping, such as { host: shop.example.com, service: web }',
  )
  if (!keys) return undefined
  const host = keys.host && readHost(keys.host, mistakes)
  const path = (keys.path && readRoutePath(keys.path, mistakes)) ?? '/'
  const service = readRouteService(field, keys.service, services, mistakes)
  if (mistakes.list.length > before || service === undefined) return undefined
  return { ...(host !== undefined && { host }), path, service }
}

function readRouteService(
  route: Field,
  field: Field | undefined,
  services: Spec['services'],
  mistakes: SpecMistakes,
): string | undefined {
  const names = Object.keys(services)
  const expected =
    names.length > 0
      ? `the name of a service: ${oneOf(names.slice(0, 10))}`
      : 'the name of a service'
  if (!field) {
    if (names.includes('web')) return 'web'
    return mistakes.wrong(route, expected, { found: 'a route without a service' })
  }
  const name = readText(field, expected, mistakes)
  if (name === undefined || names.includes(name)) return name
  const nearest = nearestKey(name, names)
  return mistakes.wrong(field, expected, nearest === undefined ? {} : { nearest })
}

/** The services back, after the rules that need the routes. */
function checkedServices(
  field: Field | undefined,
  services: Spec['services'],
  routes: readonly RouteSpec[],
  mistakes: SpecMistakes,
): Spec['services'] {
  const entries = field?.node.kind === 'mapping' ? field.node.entries : []
  for (const { key, value } of entries) {
    const routed = routes.some((route) => route.service === key)
    if (!routed || services[key]?.overlap !== 'none' || value.kind !== 'mapping') continue
    const overlap = value.entries.find((entry) => entry.key === 'overlap')
    if (!overlap) continue
    const expected = 'it only on a service without a route: this one would stop answering'
    mistakes.wrong({ node: overlap.value, path: `services.${key}.overlap` }, expected)
  }
  return services
}

function readSettings(field: Field | undefined, mistakes: SpecMistakes): Spec['settings'] {
  const entries =
    field && mistakes.entriesOf(field, 'names with values, such as { LOG_LEVEL: info }')
  const settings: [string, string][] = []
  for (const { key, at, value } of entries ?? []) {
    const path = within('settings', key)
    const refused = refuseVariable(key)
    if (refused) mistakes.at(at, path, `the name ${quote(key)}`, refused.expected, refused.nearest)
    const expected = 'a text (quotes make one of anything, and "" is the empty one)'
    const text = readText({ node: value, path }, expected, mistakes)
    if (text !== undefined) settings.push([key, text])
  }
  return Object.fromEntries(settings)
}

function readSecrets(
  field: Field | undefined,
  settings: Spec['settings'],
  mistakes: SpecMistakes,
): string[] {
  if (!field || field.node.kind === 'nothing') return []
  const expected = 'a list of names, such as [SESSION_KEY]; naru secret set gives them values'
  if (field.node.kind !== 'list') {
    // Never cites what stands there: it may be the value.
    mistakes.wrong(field, expected, { found: 'something else' })
    return []
  }
  const names = new Set<string>()
  for (const [index, node] of field.node.items.entries()) {
    const item = { node, path: `secrets[${index}]` }
    const name = readSecret(item, mistakes)
    if (name === undefined) continue
    if (names.has(name)) mistakes.wrong(item, 'each name once')
    if (Object.hasOwn(settings, name)) {
      mistakes.wrong(item, 'a name that is not among the settings too')
    }
    names.add(name)
  }
  return [...names]
}

function readSecret(field: Field, mistakes: SpecMistakes): string | undefined {
  const { node } = field
  if (node.kind !== 'text') {
    return mistakes.wrong(field, 'the name of a secret', { found: 'something else' })
  }
  const refused = refuseVariable(node.text)
  if (!refused) return node.text
  return mistakes.wrong(field, refused.expected, isShortWord(node.text) ? {} : { found: 'no name' })
}

/** Whether a refused name can be shown: upper case, dashes and underscores are no value. */
const isShortWord = (text: string): boolean => /^[A-Z_-]{1,40}$/.test(text)
