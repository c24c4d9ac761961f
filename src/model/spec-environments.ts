import type { Spec } from './spec.ts'
import { checkWriter, writersOf } from './spec-containers.ts'
import { definition, type SpecKey } from './spec-definition.ts'
import { nearestKey } from './spec-keys.ts'
import { type Field, type SpecMistakes, within } from './spec-mistakes.ts'
import { readBranch } from './spec-paths.ts'
import { readRoutes } from './spec-routes.ts'
import { checkOverlap, readNamed } from './spec-services.ts'
import { readChoice, readReplicas } from './spec-values.ts'
import { readSecrets, readSettings } from './spec-variables.ts'
import { quote } from './yaml-tree.ts'

/** What one environment says about itself; what it leaves out is as at the top level. */
export type EnvironmentSpec = Partial<Pick<Spec, 'branch' | 'deploy' | 'strategy' | 'routes'>> & {
  settings: Record<string, string>
  secrets: string[]
  replicas: Record<string, number>
}

/** Every environment of the file, by name: all are checked, whichever is asked for. */
export function readEnvironments(
  field: Field | undefined,
  app: { spec: Spec; services: Field | undefined },
  mistakes: SpecMistakes,
): Map<string, EnvironmentSpec> {
  const environments = new Map<string, EnvironmentSpec>()
  const branches = new Map<string, { environment: string; line: number }>()
  for (const { name, value } of field ? readNamed(field, 'environment', mistakes) : []) {
    const expected = { is: 'mapping', example: '{ branch: develop }' } as const
    const keys = mistakes.keysOf(value, 'environment', expected)
    if (!keys) continue
    const environment = readEnvironment(keys, app, mistakes)
    environments.set(name, environment)
    const { branch } = environment
    if (branch === undefined || !keys.branch) continue
    const first = branches.get(branch)
    if (first)
      mistakes.wrong(
        keys.branch,
        { is: 'another-branch' },
        { found: { is: 'same-branch', ...first } },
      )
    else branches.set(branch, { environment: name, line: keys.branch.node.line })
  }
  return environments
}

/** The spec of one environment: the stronger one where both say something. */
export function withEnvironment(spec: Spec, environment: EnvironmentSpec): Spec {
  const { branch, deploy, strategy, routes, settings, secrets, replicas } = environment
  const services = Object.entries(spec.services).map(([name, service]) => [
    name,
    { ...service, replicas: replicas[name] ?? service.replicas },
  ])
  return {
    ...spec,
    services: Object.fromEntries(services),
    routes: routes ?? spec.routes,
    settings: { ...spec.settings, ...settings },
    secrets: [...new Set([...spec.secrets, ...secrets])],
    strategy: strategy ?? spec.strategy,
    deploy: deploy ?? spec.deploy,
    ...(branch !== undefined && { branch }),
  }
}

function readEnvironment(
  keys: Partial<Record<SpecKey<'environment'>, Field>>,
  { spec, services }: { spec: Spec; services: Field | undefined },
  mistakes: SpecMistakes,
): EnvironmentSpec {
  const values = definition.environment
  const branch = keys.branch && readBranch(keys.branch, mistakes)
  const deploy = keys.deploy && readChoice(keys.deploy, values.deploy.value, mistakes)
  const strategy = keys.strategy && readChoice(keys.strategy, values.strategy.value, mistakes)
  checkWriter(keys.strategy, strategy, writersOf(spec.services)[0], mistakes)
  const settings = readSettings(keys.settings, mistakes, spec.secrets)
  const routes = readRoutes(keys.routes, spec.services, mistakes)
  if (routes) checkOverlap(services, spec.services, routes, mistakes)
  return {
    ...(branch !== undefined && { branch }),
    ...(deploy !== undefined && { deploy }),
    ...(strategy !== undefined && { strategy }),
    ...(routes !== undefined && { routes }),
    settings,
    secrets: readSecrets(keys.secrets, { ...spec.settings, ...settings }, mistakes),
    replicas: readAllReplicas(keys.services, spec.services, mistakes),
  }
}

function readAllReplicas(
  field: Field | undefined,
  services: Spec['services'],
  mistakes: SpecMistakes,
): Record<string, number> {
  const example = '{ web: { replicas: 3 } }'
  const entries = field && mistakes.entriesOf(field, { is: 'mapping', example })
  const names = Object.keys(services)
  const all: [string, number][] = []
  for (const { key, at, value } of entries ?? []) {
    const path = within(field?.path ?? '', key)
    if (!names.includes(key)) {
      const nearest = nearestKey(key, names)
      const expected = { is: 'service', names: names.slice(0, 10) } as const
      mistakes.at(at, path, { is: 'named', what: 'service', shown: quote(key) }, expected, nearest)
      continue
    }
    const item = { node: value, path }
    const keys = mistakes.keysOf(item, 'environmentService', {
      is: 'mapping',
      example: '{ replicas: 3 }',
    })
    const bounds = definition.environmentService.replicas.value
    const replicas = keys?.replicas && readReplicas(keys.replicas, bounds, mistakes)
    if (replicas !== undefined) all.push([key, replicas])
  }
  return Object.fromEntries(all)
}
