import type { Command, Spec } from '../../model/spec.ts'
import type { CommitFiles, Machine, Recipe, Step } from '../recipe-types.ts'

/** The stage in which everything is built, and the pipeline's steps run. */
export const buildStageName = 'build'

/** Nobody's number on the machine; a name would need the image to know it. */
const user = 10_001
const home = '/home/app'

export type DockerfileOf = {
  recipe: Recipe
  spec: Spec
  machine: Machine
  /** Of the context. */
  files: CommitFiles
  /** Whether what is fetched must be trusted by certificates that only this machine has: the secret of that name. */
  hasAuthorities: boolean
  /** What stands before the names of base images, "registry.example.com/hub"; null: nothing. */
  mirror: string | null
}

/** The secret that holds them. */
export const authoritiesSecret = 'naru-ca'

/** A Dockerfile that does what a recipe says: what is installed comes before the files that change, and none of it runs as root. */
export function dockerfileFor(of: DockerfileOf): string {
  const { recipe, spec, files } = of
  const bases = basesOf(of)
  const at = recipe.workingFolder === undefined ? '/app' : `/app/${recipe.workingFolder}`
  const installs = recipe.steps.filter(({ name }) => name === 'install')
  const others = recipe.steps.filter(
    ({ name }) => name !== 'install' && !spec.pipeline.some((step) => step.name === name),
  )
  // Only an install that needs nothing but what names its packages can come before all other files.
  const early = installs.length > 0 && installs.every(({ cached }) => cached !== undefined)
  const named = early ? dependencyFiles(files) : []
  const first = named.length > 0
  return lines([
    `FROM ${bases.build} AS ${buildStageName}`,
    packagesOf(spec),
    'WORKDIR /app',
    ...environmentOf({ CI: 'true', ...recipe.environment }),
    ...(first ? [...copies(named), ...installs.map((step) => run(step, of))] : ['COPY . .']),
    at === '/app' ? null : `WORKDIR ${at}`,
    ...(first ? ['COPY . .'] : installs.map((step) => run(step, of))),
    ...others.map((step) => run(step, of)),
    recipe.leaves && recipe.leaves.length > 0 && recipe.site === undefined
      ? `RUN rm -rf -- ${recipe.leaves.map(quoted).join(' ')}`
      : null,
    siteOf(recipe),
    '',
    `FROM ${bases.run}`,
    packagesOf(spec),
    'WORKDIR /app',
    ...environmentOf({
      ...(recipe.kind === 'node' ? { NODE_ENV: 'production' } : {}),
      ...recipe.environment,
    }),
    recipe.kind === 'static' ? 'COPY .naru/static-server.cjs .naru/static-server.cjs' : null,
    recipe.site === undefined
      ? `COPY --from=${buildStageName} /app /app`
      : `COPY --from=${buildStageName} /site site`,
    at === '/app' || recipe.site !== undefined ? null : `WORKDIR ${at}`,
    // Many programs keep something there, and nobody's number has none.
    `RUN mkdir -p ${home} && chown ${user} ${home}`,
    `ENV HOME=${JSON.stringify(home)}`,
    `USER ${user}`,
    startOf(recipe, spec),
  ])
}

/** The image that builds and the one that runs; pinned to a line of versions, never "latest". */
export function basesOf({
  recipe,
  machine,
  mirror,
}: Pick<DockerfileOf, 'recipe' | 'machine' | 'mirror'>): { build: string; run: string } {
  const node = `node:${machine.nodeVersion.split('.')[0]}-bookworm-slim`
  const debian = 'debian:bookworm-slim'
  const bases: Record<Recipe['kind'], { build: string; run: string }> = {
    node: { build: node, run: node },
    static: { build: node, run: node },
    python: { build: 'python:3.11-slim-bookworm', run: 'python:3.11-slim-bookworm' },
    go: { build: 'golang:1.23-bookworm', run: debian },
    rust: { build: 'rust:1.84-slim-bookworm', run: debian },
    java: { build: 'maven:3.9-eclipse-temurin-21', run: 'eclipse-temurin:21-jre' },
    procfile: { build: debian, run: debian },
    command: { build: debian, run: debian },
  }
  const { build, run } = bases[recipe.kind]
  const at = mirror === null ? '' : `${mirror.replace(/\/+$/, '')}/`
  return { build: `${at}${build}`, run: `${at}${run}` }
}

/** Files by which package managers know what to install. */
const dependencyNames = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  '.npmrc',
  'requirements.txt',
  'pyproject.toml',
  'uv.lock',
  'go.mod',
  'go.sum',
]

const dependencyFiles = (files: CommitFiles): string[] =>
  dependencyNames.filter((name) => files.has(name))

const copies = (names: string[]): string[] =>
  names.length === 0 ? [] : [`COPY ${names.map((name) => `./${name}`).join(' ')} ./`]

/** What each language's package manager keeps between builds. */
const caches: Partial<Record<Recipe['kind'], string[]>> = {
  node: ['/root/.npm'],
  static: ['/root/.npm'],
  python: ['/root/.cache'],
  go: ['/root/.cache/go-build', '/go/pkg/mod'],
  rust: ['/usr/local/cargo/registry'],
  java: ['/root/.m2'],
}

function run({ command }: Step, { recipe: { kind }, hasAuthorities }: DockerfileOf): string {
  const mounts = (caches[kind] ?? []).map((target) => `--mount=type=cache,target=${target}`)
  if (!hasAuthorities) return ['RUN', ...mounts, sayCommand(command)].join(' ')
  const text = typeof command === 'string' ? command : command.map(quoted).join(' ')
  const trust = trustNames.map((name) => `${name}=/run/secrets/${authoritiesSecret}`).join(' ')
  const secret = `--mount=type=secret,id=${authoritiesSecret}`
  return `${['RUN', ...mounts, secret].join(' ')} \\\n    export ${trust} && ${sayCommand(text)}`
}

/** How package managers are told whom to trust; nothing of it stays in the image. */
const trustNames = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'PIP_CERT',
  'REQUESTS_CA_BUNDLE',
  'CARGO_HTTP_CAINFO',
  'GIT_SSL_CAINFO',
]

/** A text is the shell's as it is; a list is started without one. */
const sayCommand = (command: Command): string =>
  typeof command === 'string' ? command.replace(/\n/g, ' \\\n') : JSON.stringify(command)

function packagesOf({ build: { packages } }: Spec): string | null {
  if (packages.length === 0) return null
  const cache = (target: string) => `--mount=type=cache,target=${target},sharing=locked`
  return [
    `RUN ${cache('/var/cache/apt')} ${cache('/var/lib/apt/lists')}`,
    `    apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`,
  ].join(' \\\n')
}

const environmentOf = (variables: Readonly<Record<string, string>>): string[] =>
  Object.entries(variables).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`)

/** The first of the folders that has an index.html is all that is kept. */
function siteOf({ site }: Recipe): string | null {
  if (site === undefined) return null
  const folders = site.folders.map(quoted).join(' ')
  return `RUN for folder in ${folders}; do if [ -f "$folder/index.html" ]; then cp -a "$folder" /site && exit 0; fi; done; exit 1`
}

function startOf({ services }: Recipe, { services: own }: Spec): string | null {
  const command = own['web']?.command ?? services['web']
  if (command === undefined || command.length === 0) return null
  return `CMD ${typeof command === 'string' ? JSON.stringify(['/bin/sh', '-c', command]) : JSON.stringify(command)}`
}

/** A word as the shell reads it. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`

const lines = (all: (string | null)[]): string =>
  `${all.filter((line) => line !== null).join('\n')}\n`
