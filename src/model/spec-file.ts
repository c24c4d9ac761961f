import { production } from './environment.ts'
import { type BuildSpec, defaultBuild, defaultSpec, type Spec } from './spec.ts'
import { checkWriter, readImage, readPackages, readStage, writersOf } from './spec-containers.ts'
import { definition } from './spec-definition.ts'
import { readEnvironments, withEnvironment } from './spec-environments.ts'
import { readJobs, readPipeline } from './spec-jobs.ts'
import { type Field, SpecMistakes } from './spec-mistakes.ts'
import { readFolder } from './spec-paths.ts'
import { defaultRoutes, readRoutes } from './spec-routes.ts'
import { checkOverlap, readServices } from './spec-services.ts'
import { readChoice, readCommand, readDuration, readFlag, readLabel } from './spec-values.ts'
import { readSecrets, readSettings } from './spec-variables.ts'
import { readYaml, type YamlNode } from './yaml-tree.ts'

/**
 * What a `naru.yaml` says for one environment, every default filled in; undefined text is an app without one.
 * Throws `spec.invalid` with every mistake in the file, of whichever environment, and never anything else,
 * whatever the text is.
 */
export function parseSpec(
  text: string | undefined,
  { file, environment = production }: { file: string; environment?: string },
): Spec {
  if (text === undefined) return structuredClone(defaultSpec)
  const mistakes = new SpecMistakes()
  const tree = readYaml(text, mistakes.list)
  const spec = tree && readSpec(tree, environment, mistakes)
  mistakes.throwIfAny(file)
  return spec ?? structuredClone(defaultSpec)
}

function readSpec(node: YamlNode, environment: string, mistakes: SpecMistakes): Spec | undefined {
  const keys = mistakes.keysOf({ node, path: '' }, 'root', { is: 'mapping', example: 'app: shop' })
  if (!keys) return undefined
  const { root } = definition
  const app = keys.app && readLabel(keys.app, mistakes)
  const image = keys.image && readImage(keys.image, mistakes)
  if (keys.image && keys.build) mistakes.wrong(keys.build, { is: 'no-build-with-image' })
  const strategy = keys.strategy && readChoice(keys.strategy, root.strategy.value, mistakes)
  const deploy = keys.deploy && readChoice(keys.deploy, root.deploy.value, mistakes)
  const services = readServices(keys.services, mistakes)
  const routes = readRoutes(keys.routes, services, mistakes) ?? defaultRoutes(services)
  checkOverlap(keys.services, services, routes, mistakes)
  const settings = readSettings(keys.settings, mistakes)
  const [writer] = writersOf(services)
  checkWriter(keys.strategy, strategy, writer, mistakes)
  const spec: Spec = {
    ...(app !== undefined && { app }),
    build: readBuild(keys.build, mistakes),
    ...(image !== undefined && { image }),
    pipeline: readPipeline(keys.pipeline, mistakes),
    services,
    servicesNamed: keys.services !== undefined,
    jobs: readJobs(keys.jobs, mistakes),
    routes,
    settings,
    secrets: readSecrets(keys.secrets, settings, mistakes),
    strategy: strategy ?? (writer === undefined ? defaultSpec.strategy : 'recreate'),
    deploy: deploy ?? defaultSpec.deploy,
  }
  const written = { spec, services: keys.services }
  const own = readEnvironments(keys.environments, written, mistakes).get(environment)
  return own ? withEnvironment(spec, own) : spec
}

function readBuild(field: Field | undefined, mistakes: SpecMistakes): BuildSpec {
  const expected = { is: 'mapping', example: '{ command: npm run build }' } as const
  const keys = field && mistakes.keysOf(field, 'build', expected)
  if (!keys) return structuredClone(defaultBuild)
  const { timeout } = definition.build
  const command = keys.command && readCommand(keys.command, mistakes)
  const folder = keys.folder && readFolder(keys.folder, mistakes)
  const output = keys.output && readFolder(keys.output, mistakes)
  const fallback = keys.fallback && readFlag(keys.fallback, mistakes)
  const dockerfile = keys.dockerfile && readFolder(keys.dockerfile, mistakes)
  const target = keys.target && readStage(keys.target, mistakes)
  const seconds = keys.timeout && readDuration(keys.timeout, timeout.value, mistakes)
  const args = readSettings(keys.args, mistakes)
  return {
    ...structuredClone(defaultBuild),
    ...(command !== undefined && { command }),
    folder: folder ?? defaultBuild.folder,
    ...(output !== undefined && { output }),
    fallback: fallback ?? defaultBuild.fallback,
    timeoutSeconds: seconds ?? defaultBuild.timeoutSeconds,
    ...(dockerfile !== undefined && { dockerfile }),
    ...(target !== undefined && { target }),
    args,
    secrets: readSecrets(keys.secrets, args, mistakes),
    packages: readPackages(keys.packages, mistakes),
  }
}
