import { NaruError } from '../../base/error.ts'
import type { BuildReason } from '../../model/build-reason.ts'
import type { Command, Spec } from '../../model/spec.ts'
import {
  type CommitFiles,
  emptyRecipe,
  type FindRecipe,
  hasOwnCommands,
  type Machine,
  needsStart,
  type Step,
  sayCommand,
  type Tool,
} from '../recipe-types.ts'
import { type Pom, readPom } from './pom.ts'
import { buildStep, sayBuild } from './static.ts'

/**
 * A Maven project: packaged without its tests, its jar started by java. Throws `build.tool-missing`, `build.no-start`,
 * and `build.unsupported` for Gradle.
 */
export const javaRecipe: FindRecipe = async (files, spec, machine) => {
  const content = files.has('pom.xml') ? await files.read('pom.xml') : null
  if (content === null) return refuseGradle(files, spec)
  const java = await required('java', machine)
  const built = spec.build.command === undefined ? await packaged(files, machine) : named(spec)
  const start = needsStart(spec) ? startOf(readPom(content)) : null
  return {
    ...emptyRecipe('java'),
    steps: built.steps,
    services: start === null ? {} : { web: start.command },
    reasons: [sayJava(java), ...built.reasons, ...(start === null ? [] : [start.reason])],
    tools: { java: java.version, ...built.tools },
  }
}

const sayJava = ({ version }: Tool): BuildReason => {
  return { is: 'language', language: 'java', short: version.split('.')[0] ?? '', version }
}

function refuseGradle(files: CommitFiles, spec: Spec): null {
  const file = ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'].find(
    (name) => files.has(name),
  )
  if (file === undefined || hasOwnCommands(spec)) return null
  throw new NaruError('build.unsupported', { file, tool: 'gradle' })
}

async function required(tool: 'java' | 'mvn', machine: Machine): Promise<Tool> {
  const found = await machine.tool(tool)
  if (found === null) throw new NaruError('build.tool-missing', { tool, needed: 'pom.xml' })
  return found
}

type Built = { steps: Step[]; reasons: BuildReason[]; tools: Record<string, string> }

/** Maven looks for its cache in the home that the system names, which the account of the builds does not have. */
const goals = '-B -q package -DskipTests "-Dmaven.repo.local=$HOME/.m2/repository"'

async function packaged(files: CommitFiles, machine: Machine): Promise<Built> {
  const hasWrapper = files.has('mvnw') && files.has('.mvn/wrapper/maven-wrapper.properties')
  if (hasWrapper)
    return {
      steps: [{ name: 'build', command: `sh ./mvnw ${goals}` }],
      reasons: [{ is: 'maven', wrapper: true }],
      tools: {},
    }
  const { version } = await required('mvn', machine)
  return {
    steps: [{ name: 'build', command: `mvn ${goals}` }],
    reasons: [{ is: 'maven', wrapper: false }],
    tools: { mvn: version },
  }
}

const named = (spec: Spec): Built => ({
  steps: buildStep(spec),
  reasons: sayBuild(spec),
  tools: {},
})

type Start = { command: Command; reason: BuildReason }

/** Frameworks that are told the port by a property, with the artifact that shows them. */
const frameworks: readonly { artifact: RegExp; says: string; options: string }[] = [
  {
    artifact: /^spring-boot/,
    says: 'Spring Boot',
    options: '-Dserver.port="$PORT" -Dserver.address="$HOST"',
  },
  {
    artifact: /^quarkus-/,
    says: 'Quarkus',
    options: '-Dquarkus.http.port="$PORT" -Dquarkus.http.host="$HOST"',
  },
  {
    artifact: /^micronaut-/,
    says: 'Micronaut',
    options: '-Dmicronaut.server.port="$PORT" -Dmicronaut.server.host="$HOST"',
  },
]

function startOf(pom: Pom | null): Start {
  if (pom === null) throw noStart('a pom.xml that is not well-formed XML')
  if (pom.packaging === 'pom')
    throw noStart(
      `a pom.xml with packaging pom (modules: ${pom.modules.slice(0, 10).join(', ') || 'none'})`,
    )
  if (pom.packaging !== 'jar')
    throw noStart(`a pom.xml with packaging ${pom.packaging.slice(0, 40)}`)
  const framework = frameworks.find(({ artifact }) =>
    [...pom.artifacts].some((name) => artifact.test(name)),
  )
  const jar = framework?.says === 'Quarkus' ? 'target/quarkus-app/quarkus-run.jar' : jarOf(pom)
  if (framework === undefined) return said(['java', '-jar', jar])
  return said(`exec java ${framework.options} -jar ${jar}`, framework.says)
}

function jarOf({ jar }: Pom): string {
  if (jar === null) throw noStart('a pom.xml whose jar is named by another file')
  return `target/${jar}.jar`
}

function said(command: Command, framework?: string): Start {
  const line = sayCommand(command)
  const reason: BuildReason =
    framework === undefined
      ? { is: 'start', command: line }
      : { is: 'start-framework', command: line, framework, file: null }
  return { command, reason }
}

const noStart = (found: string): NaruError<'build.no-start'> =>
  new NaruError('build.no-start', { found, language: 'java' })
