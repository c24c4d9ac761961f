import { NaruError } from '../../base/error.ts'
import type { BuildReason } from '../../model/build-reason.ts'
import type { ForeignNote } from '../../model/foreign-note.ts'
import type { Command, JobSpec, Spec } from '../../model/spec.ts'
import { appFiles, commitFiles } from '../commit-files.ts'
import { findPlan, type PlanSource } from '../plan.ts'
import { type CommitFiles, needsStart, type Recipe } from '../recipe-types.ts'
import { basesOf, buildStageName, dockerfileFor } from './dockerfile.ts'
import { imageMachine } from './image-machine.ts'

/** How a commit becomes an image: plain data, the same for the same input. */
export type ImagePlan = {
  /** Path of the Dockerfile in the context. */
  dockerfile: string
  /** Its text where Naru has made it; null where it is the commit's own. */
  generated: string | null
  /** An image that is made elsewhere, and fetched anew; null: what the Dockerfile begins with may be what is here. */
  fetched: string | null
  /** Files that the build gets besides, by their paths. */
  adds: Readonly<Record<string, 'static-server'>>
  /** The commit's folder that becomes the context. */
  folder: string
  target: string | undefined
  args: Readonly<Record<string, string>>
  /** File of this machine with the certificates that are trusted here besides; it becomes a secret of the build. */
  authorities: string | null
  /** The stage in which the pipeline's steps run; null: the image itself. */
  stepsIn: string | null
  ignore: string
  services: Readonly<Record<string, Command>>
  jobs: Readonly<Record<string, JobSpec>>
  reasons: BuildReason[]
  foreign: ForeignNote[]
}

/** Where the program that serves static files is in the context. */
const staticServerPath = '.naru/static-server.cjs'
const staticServer: ImagePlan['adds'] = { [staticServerPath]: 'static-server' }

/** Where a generated one is in the context: in nobody's way. */
const generatedPath = '.naru/Dockerfile'

/** What a generated one never needs, beside what `.dockerignore` names. */
const ignoredAlways = '.git\n**/node_modules\n**/.venv\n**/__pycache__\n'

/** Decides how files become an image, and does nothing yet. Throws `build.*` for what cannot be built. */
export async function findImagePlan(
  source: PlanSource,
  spec: Spec,
  host: NodeJS.ProcessEnv = {},
): Promise<ImagePlan> {
  if (spec.image !== undefined) return fetchedPlan(spec, spec.image)
  const files = appFiles(
    commitFiles(await source.listFiles(), (path) => source.readFile(path)),
    spec.build.folder,
  )
  const own = ownDockerfile(files, spec)
  return own === null ? generatedPlan(source, spec, host) : ownPlan(files, spec, own, host)
}

/** The image as it is, under a name and with labels of Naru's. */
const fetchedPlan = (spec: Spec, image: string): ImagePlan => ({
  dockerfile: generatedPath,
  generated: ['FROM', `${image}\n`].join(' '),
  fetched: image,
  adds: {},
  folder: '.',
  target: undefined,
  args: {},
  authorities: null,
  stepsIn: null,
  ignore: '**',
  services: needsStart(spec) ? { web: [] } : {},
  jobs: {},
  reasons: [{ is: 'image-of', image }],
  foreign: [],
})

function ownDockerfile(files: CommitFiles, { build: { dockerfile } }: Spec): string | null {
  if (dockerfile === undefined) return files.has('Dockerfile') ? 'Dockerfile' : null
  if (!files.has(dockerfile)) throw new NaruError('build.no-dockerfile', { path: dockerfile })
  return dockerfile
}

async function ownPlan(
  files: CommitFiles,
  spec: Spec,
  dockerfile: string,
  host: NodeJS.ProcessEnv,
): Promise<ImagePlan> {
  const { folder, target, args } = spec.build
  return {
    dockerfile,
    generated: null,
    fetched: null,
    // One that was made once, and is kept: what it needs besides is added as ever.
    adds: ((await files.read(dockerfile)) ?? '').includes(staticServerPath) ? staticServer : {},
    folder,
    target,
    args: { ...proxies(host), ...args },
    authorities: authoritiesOf(host),
    stepsIn: null,
    // The one beside the Dockerfile is stronger, as with Docker itself.
    ignore:
      (await files.read(`${dockerfile}.dockerignore`)) ?? (await files.read('.dockerignore')) ?? '',
    // An empty command is what the image starts by itself.
    services: needsStart(spec) ? { web: [] } : {},
    jobs: {},
    reasons: [{ is: 'own-dockerfile', path: dockerfile }],
    foreign: [],
  }
}

async function generatedPlan(
  source: PlanSource,
  spec: Spec,
  host: NodeJS.ProcessEnv,
): Promise<ImagePlan> {
  const entries = await source.listFiles()
  const all = commitFiles(entries, (path) => source.readFile(path))
  const files = appFiles(all, spec.build.folder)
  const machine = await imageMachine(files)
  const { recipe, foreign } = await findPlan(source, spec, machine)
  const context = recipe.workingFolder === undefined ? files : all
  const authorities = authoritiesOf(host)
  const mirror = host['NARU_IMAGE_MIRROR'] || null
  return {
    dockerfile: generatedPath,
    generated: dockerfileFor({
      recipe,
      spec,
      machine,
      files: context,
      hasAuthorities: authorities !== null,
      mirror,
    }),
    fetched: null,
    adds: recipe.kind === 'static' ? staticServer : {},
    folder: recipe.workingFolder === undefined ? spec.build.folder : '.',
    target: undefined,
    args: { ...proxies(host), ...spec.build.args },
    authorities,
    stepsIn: buildStageName,
    ignore: `${ignoredAlways}${(await context.read('.dockerignore')) ?? ''}`,
    services: recipe.services,
    jobs: recipe.jobs,
    reasons: reasonsOf(recipe, basesOf({ recipe, machine, mirror })),
    foreign,
  }
}

/** What a recipe says of this machine is said of the images instead. */
function reasonsOf(
  { reasons }: Recipe,
  { build, run }: { build: string; run: string },
): BuildReason[] {
  const said = reasons.flatMap((reason): BuildReason[] => {
    if (reason.is === 'language-unfit')
      return [{ is: 'base-unfit', image: build, from: reason.from, wanted: reason.wanted }]
    return ['language', 'language-fits', 'tool'].includes(reason.is) ? [] : [reason]
  })
  return [{ is: 'base-images', build, run }, ...said]
}

/** Where whoever runs Naru says whom the machine trusts. */
const authoritiesOf = (host: NodeJS.ProcessEnv): string | null =>
  host['NARU_CA_BUNDLE'] || host['NODE_EXTRA_CA_CERTS'] || host['SSL_CERT_FILE'] || null

const proxyNames = [
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]

/** Arguments that every Dockerfile knows, and that stay in no image. */
const proxies = (host: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(proxyNames.flatMap((name) => (host[name] ? [[name, host[name]]] : [])))
