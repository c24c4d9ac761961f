import { createHash } from 'node:crypto'
import type { AnewReason, BuildReason } from '../../../model/build-reason.ts'
import type { CommitFiles, Machine, Step } from '../../recipe-types.ts'
import { parseToml, table, tables, text } from '../../toml.ts'
import type { PythonProject } from './project.ts'
import { nameOf, readRequirements } from './requirements.ts'
import type { Python } from './version.ts'

/** How the packages of an app come to be in `.venv`. */
export type Install = {
  steps: Step[]
  reasons: BuildReason[]
  /** Names of the packages that are known to be there, "gunicorn". */
  names: ReadonlySet<string>
  /** Whether there is a `.venv`; else the machine's Python runs the app. */
  hasVenv: boolean
  /** Versions of the machine's tools that took part. */
  tools: Record<string, string>
}

type Project = {
  files: CommitFiles
  project: PythonProject | null
  python: Python
  machine: Machine
}

/** By the lockfile of uv, a requirements.txt or a pyproject.toml, the first that there is. */
export async function findInstall(given: Project): Promise<Install> {
  const { files, project } = given
  if (files.has('uv.lock') && project !== null) return byUv(given, project)
  if (files.has('requirements.txt')) return byRequirements(given)
  if (project?.isProject) return byProject(given, project)
  return {
    steps: [],
    reasons: [{ is: 'nothing-to-install', from: 'python' }],
    names: new Set(),
    hasVenv: false,
    tools: {},
  }
}

/** Where the virtual environment keeps the slug's path. */
const made = { keeps: ['.venv'], moved: ['.venv/bin', '.venv/pyvenv.cfg'] }
const pip = '.venv/bin/python -m pip install'

async function byRequirements({ files, python, machine }: Project): Promise<Install> {
  const requirements = await readRequirements(files, 'requirements.txt')
  const { texts, anew, loose } = requirements
  const command = `${makeVenv(python)} && ${pip} -r requirements.txt`
  return {
    steps: [install(command, key(['requirements', texts], python, machine), anew)],
    reasons: [
      { is: 'pip', from: 'requirements.txt' },
      ...sayAnew(anew),
      ...sayLoose(loose),
      ...(files.has('pyproject.toml') ? [{ is: 'pyproject-unread' as const }] : []),
    ],
    names: withExtras(
      requirements.names,
      texts.flatMap(([, text]) => text.split('\n')),
    ),
    hasVenv: true,
    tools: { [python.program]: python.version },
  }
}

/** The dependencies are kept by what the file says of them; the app itself, where it is a package, is installed in each build. */
async function byProject(
  { files, python, machine }: Project,
  project: PythonProject,
): Promise<Install> {
  const { dependencies, isPackage, buildSystem } = project
  const tools = { [python.program]: python.version }
  const ignored = ['poetry.lock', 'pdm.lock'].filter((name) => files.has(name))
  const unread = ignored.map((file): BuildReason => ({ is: 'lockfile-unread', file }))
  if (dependencies === undefined) {
    return {
      steps: [{ name: 'install', command: `${makeVenv(python)} && ${pip} .` }],
      reasons: [{ is: 'pip', from: 'pyproject.toml' }, ...unread, ...sayAnew({ is: 'unlisted' })],
      names: new Set(await poetryNames(files)),
      hasVenv: true,
      tools,
    }
  }
  const anew = dependencies.map(whyAnew).find((why) => why !== null) ?? null
  const own = `${makeVenv(python)} && exec ${pip} "$@"`
  const steps: Step[] =
    dependencies.length === 0
      ? [install(makeVenv(python), key(['empty'], python, machine), null)]
      : [
          install(
            ['/bin/sh', '-c', own, 'pip', '--', ...dependencies],
            key(['project', dependencies, buildSystem], python, machine),
            anew,
          ),
        ]
  if (isPackage) steps.push({ name: 'install', command: `${pip} --no-deps .` })
  return {
    steps,
    reasons: [
      { is: 'pip', from: 'dependencies' },
      ...unread,
      ...sayAnew(anew),
      ...sayLoose(
        dependencies
          .filter((line) => !/===?|\s@\s/.test(line))
          .flatMap((line) => nameOf(line) ?? []),
      ),
      ...(isPackage ? [{ is: 'pip-own-package' as const }] : []),
    ],
    names: withExtras(new Set(dependencies.flatMap((line) => nameOf(line) ?? [])), dependencies),
    hasVenv: true,
    tools,
  }
}

/** Exactly what uv.lock says, without the groups for development. */
async function byUv({ files, python, machine }: Project, project: PythonProject): Promise<Install> {
  const lock = (await files.read('uv.lock')) ?? ''
  const packages = tables(parseToml(lock)?.['package'])
  const local = packages.find(({ source }) =>
    ['directory', 'editable', 'path'].some((kind) => {
      const path = text(table(source)[kind])
      return path !== null && path !== '.'
    }),
  )
  const anew: AnewReason | null =
    local === undefined ? null : { is: 'folder', package: text(local['name']) }
  const uv = await machine.tool('uv')
  // Its cache is open to later builds, so the slug must share no file with it.
  const sync = `sync --frozen --no-dev --no-python-downloads --python ${python.program} --link-mode copy --compile-bytecode --no-editable`
  const program = uv === null ? '"$HOME/naru-uv/bin/uv"' : 'uv'
  const command = `${program} ${sync} --no-install-project`
  const settings = table(parseToml((await files.read('pyproject.toml')) ?? ''))
  const parts = ['uv', lock, settings['tool'], uv === null ? 'pip' : uv.version]
  const steps = [
    ...(uv === null ? [{ name: 'uv', command: bringUv }] : []),
    install(command, key(parts, python, machine), anew),
  ]
  if (project.isPackage) steps.push({ name: 'install', command: `${program} ${sync}` })
  return {
    steps,
    reasons: [
      { is: 'uv' },
      ...(uv === null ? [{ is: 'uv-by-pip' as const }] : []),
      ...sayAnew(anew),
      ...(files.has('requirements.txt') ? [{ is: 'requirements-unread' as const }] : []),
    ],
    names: new Set(packages.flatMap(({ name }) => text(name) ?? [])),
    hasVenv: true,
    tools: { [python.program]: python.version, ...(uv === null ? {} : { uv: uv.version }) },
  }
}

/** uv in the home of the app's builds, where the next build finds it. */
const bringUv =
  '[ -x "$HOME/naru-uv/bin/uv" ] || { python3 -m venv --clear "$HOME/naru-uv" && "$HOME/naru-uv/bin/python" -m pip install uv; }'

const makeVenv = ({ program }: Python): string => `${program} -m venv --clear .venv`

function install(command: Step['command'], cached: string, anew: AnewReason | null): Step {
  return { name: 'install', command, ...(anew === null ? { cached, ...made } : {}) }
}

function key(parts: unknown[], { program, version }: Python, { platform, arch }: Machine): string {
  const all = JSON.stringify(['python', ...parts, program, version, platform, arch])
  return createHash('sha256').update(all).digest('hex').slice(0, 32)
}

const sayAnew = (why: AnewReason | null): BuildReason[] =>
  why === null ? [] : [{ is: 'anew', why }]

const sayLoose = (names: string[]): BuildReason[] =>
  names.length === 0 ? [] : [{ is: 'loose', names }]

const whyAnew = (line: string): AnewReason | null =>
  /@\s*(?:file:|git\+(?!.*@[0-9a-f]{40}\b))/.test(line)
    ? { is: 'folder-or-branch', package: nameOf(line) ?? line }
    : null

/** With the server that an extra of FastAPI brings. */
function withExtras(
  names: ReadonlySet<string>,
  requirements: readonly string[],
): ReadonlySet<string> {
  const isBrought = requirements.some((line) =>
    /^\s*fastapi\s*\[[^\]]*\b(?:standard|all)\b/i.test(line),
  )
  return isBrought ? new Set([...names, 'uvicorn']) : names
}

async function poetryNames(files: CommitFiles): Promise<string[]> {
  const root = parseToml((await files.read('pyproject.toml')) ?? '')
  const poetry = table(table(root?.['tool'])['poetry'])
  return Object.keys(table(poetry['dependencies'])).flatMap((name) => nameOf(name) ?? [])
}
