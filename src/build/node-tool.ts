import { NaruError } from '../base/error.ts'
import type { BuildReason } from '../model/build-reason.ts'
import type { Command } from '../model/spec.ts'
import { developmentFolders } from './npm-lock.ts'
import type { PackageJson } from './package-json.ts'
import { type CommitFiles, type Machine, sayCommand } from './recipe-types.ts'

export type ManagerName = 'npm' | 'pnpm' | 'yarn' | 'yarn-berry'

/** How one package manager does what a build needs, for the lockfile that was found. */
export type PackageManager = {
  name: ManagerName
  version: string
  lockfile: string
  /** Why this one, and where it comes from. */
  reasons: BuildReason[]
  /** Installs exactly what the lockfile says. `omit`: without packages for development. */
  install(omit: boolean): Command
  /** Runs a script of package.json, in the app's folder. */
  run(script: string): Command
  /** A command of it as people would type it. */
  say(command: Command): string
  /** Removes the packages for development; null where this version cannot, or where `development` says them. */
  prune: Command | null
  /** Folders of the packages for development, where the lockfile says them. */
  development: string[]
  /** Whether what it installs may be kept and be put into another slug. */
  keeps: boolean
  /** What it makes beside `node_modules` and needs to be kept with it. */
  keepsBeside?: string[]
}

/** Every lockfile that is read, and whose it is; the first that exists wins. */
const lockfiles = {
  'npm-shrinkwrap.json': 'npm',
  'package-lock.json': 'npm',
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
} as const

const usualLockfile = { npm: 'package-lock.json', pnpm: 'pnpm-lock.yaml', yarn: 'yarn.lock' }

export const lockfileNames = Object.keys(lockfiles) as (keyof typeof lockfiles)[]

/** Files that change what an install does, beside package.json and the lockfile. */
export const managerFiles = [
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  'pnpm-workspace.yaml',
  '.pnpmfile.cjs',
] as const

/**
 * The package manager of the lockfile in a folder; `up` leads there from the app's folder, "../". Throws
 * `build.no-lockfile` where there is none.
 */
export async function findManager(
  json: PackageJson,
  files: CommitFiles,
  machine: Machine,
  up: string,
): Promise<PackageManager> {
  const wanted = wantedManager(json)
  const present = lockfileNames.filter((name) => files.has(name))
  const lockfile = present.find((name) => lockfiles[name] === wanted?.family) ?? present[0]
  if (lockfile === undefined) {
    const manager = wanted?.family ?? 'npm'
    throw new NaruError('build.no-lockfile', { manager, lockfile: usualLockfile[manager] })
  }
  const family = lockfiles[lockfile]
  const version = wanted?.family === family ? wanted.version : null
  const text = (await files.read(lockfile)) ?? ''
  const manager = await makers[family]({
    lockfile,
    text,
    version,
    files,
    machine,
    up,
    // In a workspace some packages are links, which npm knows better.
    isAlone: up === '' && !json.workspaces,
  })
  const others = present.filter((name) => name !== lockfile)
  const reasons = [...manager.reasons]
  if (wanted !== null && wanted.family !== family)
    reasons.push({ is: 'other-manager', wanted: wanted.family, lockfile })
  if (others.length > 0) reasons.push({ is: 'not-read-beside', lockfile, others })
  return { ...manager, reasons }
}

type Family = 'npm' | 'pnpm' | 'yarn'
type Wanted = { family: Family; version: string | null }
type Found = {
  lockfile: string
  text: string
  /** As `packageManager` says, exactly. */
  version: string | null
  files: CommitFiles
  machine: Machine
  up: string
  /** Whether it is no workspace. */
  isAlone: boolean
}

/** "pnpm@9.15.9+sha512.…"; null for none, one that is not known, or a version that is not exact. */
function wantedManager({ packageManager }: PackageJson): Wanted | null {
  const [, family, version] =
    /^(npm|pnpm|yarn)@(\d+\.\d+\.\d+(?:-[\w.]+)?)(?:\+.*)?$/.exec(packageManager ?? '') ?? []
  return family === undefined || version === undefined
    ? null
    : { family: family as Family, version }
}

const makers: Record<Family, (found: Found) => Promise<PackageManager>> = {
  npm: async ({ lockfile, text, version, machine, isAlone }) => {
    const development = isAlone ? developmentFolders(text) : null
    const found = (await machine.tool('npm'))?.version ?? 'unknown'
    return {
      name: 'npm',
      version: found,
      lockfile,
      reasons:
        version === null || version === found
          ? []
          : [{ is: 'npm-reads', version: found, other: version }],
      install: (omit) => (omit ? ['npm', 'ci', '--omit=dev'] : ['npm', 'ci']),
      run: (script) => ['npm', 'run', script],
      say: sayCommand,
      prune: development === null ? ['npm', 'prune', '--omit=dev', '--ignore-scripts'] : null,
      development: development ?? [],
      keeps: true,
    }
  },
  pnpm: async ({ lockfile, text, version, machine }) => {
    const format = Number(/^lockfileVersion:\s*['"]?(\d+)/m.exec(text)?.[1] ?? 9)
    const usual = format >= 9 ? '9.15.9' : format >= 6 ? '8.15.9' : '7.33.7'
    const reads = (major: number) =>
      format >= 9 ? major >= 9 : format >= 6 ? major === 8 : major <= 7
    const tool = await toolOf('pnpm', 'pnpm', version, usual, reads, machine)
    // A copy of each file: a slug must not share its files with what later installs are made from.
    const install = [
      ...tool.command,
      'install',
      '--frozen-lockfile',
      '--package-import-method=copy',
    ]
    return {
      name: 'pnpm',
      version: tool.version,
      lockfile,
      reasons: [tool.reason],
      install: (omit) => list(omit ? [...install, '--prod'] : install),
      run: (script) => list([...tool.command, 'run', script]),
      say: sayShortly(tool),
      prune: list([...install, '--prod', '--prefer-offline', '--ignore-scripts']),
      development: [],
      keeps: true,
    }
  },
  yarn: (found) => (/^__metadata:/m.test(found.text) ? berry(found) : classic(found)),
}

async function classic({ lockfile, version, machine }: Found): Promise<PackageManager> {
  const usual = '1.22.22'
  const tool = await toolOf('yarn', 'yarn', version, usual, (major) => major === 1, machine)
  const install = [...tool.command, 'install', '--frozen-lockfile', '--non-interactive']
  return {
    name: 'yarn',
    version: tool.version,
    lockfile,
    reasons: [tool.reason],
    install: (omit) => list(omit ? [...install, '--production'] : install),
    run: (script) => list([...tool.command, 'run', script]),
    say: sayShortly(tool),
    prune: list([...install, '--production', '--ignore-scripts', '--prefer-offline']),
    development: [],
    keeps: true,
  }
}

async function berry({ lockfile, version, files, machine, up }: Found): Promise<PackageManager> {
  const own = await ownBerry(files)
  const tool =
    own ??
    (await toolOf('yarn', '@yarnpkg/cli-dist', version, '4.9.2', (major) => major >= 2, machine))
  const major = Number(tool.version.split('.')[0])
  const focus = list([...tool.command, 'workspaces', 'focus', '--all', '--production'])
  return {
    name: 'yarn-berry',
    version: tool.version,
    lockfile,
    reasons: [
      tool.reason,
      { is: 'no-plug-and-play' },
      ...(major >= 4 ? [] : [{ is: 'yarn-keeps-development' as const, major }]),
    ],
    install: () => list([...tool.command, 'install', '--immutable']),
    run: (script) => list([...(tool.commandBelow?.(up) ?? tool.command), 'run', script]),
    say: sayShortly(tool),
    prune: major >= 4 ? focus : null,
    development: [],
    // A plugin may do anything while packages are installed.
    keeps: !files.paths.some((path) => path.startsWith('.yarn/plugins/')),
    keepsBeside: ['.yarn/install-state.gz'],
  }
}

type ManagerTool = {
  /** What starts it in the folder of the lockfile. */
  command: string[]
  /** What starts it in a folder below, where that is something else. */
  commandBelow?: (up: string) => string[]
  name: string
  version: string
  reason: BuildReason
}

/** "yarn install --immutable", however long the way to yarn is. */
const sayShortly =
  ({ command, name }: ManagerTool) =>
  (whole: Command): string =>
    typeof whole === 'string' ? whole : [name, ...whole.slice(command.length)].join(' ')

/** The program that the commit brings along, where `.yarnrc.yml` names one. */
async function ownBerry(files: CommitFiles): Promise<ManagerTool | null> {
  const text = files.has('.yarnrc.yml') ? await files.read('.yarnrc.yml') : null
  const path = /^yarnPath:\s*["']?(\.?[\w./-]+)["']?\s*$/m
    .exec(text ?? '')?.[1]
    ?.replace(/^\.\//, '')
  if (path === undefined || path.startsWith('-') || !files.has(path)) return null
  const version = /(\d+\.\d+\.\d+)/.exec(path)?.[1] ?? '4'
  return {
    command: ['node', path],
    commandBelow: (up) => ['node', `${up}${path}`],
    name: 'yarn',
    version,
    reason: { is: 'tool-of-commit', tool: 'yarn', version, path },
  }
}

/** The machine's program where it is the wanted version, else that version from the npm registry. */
async function toolOf(
  program: string,
  packageName: string,
  wanted: string | null,
  usual: string,
  reads: (major: number) => boolean,
  machine: Machine,
): Promise<ManagerTool> {
  const tool = await machine.tool(program)
  const fits =
    tool !== null &&
    (wanted === null ? reads(Number(tool.version.split('.')[0])) : tool.version === wanted)
  if (fits) {
    const { version } = tool
    return {
      command: [program],
      name: program,
      version,
      reason: { is: 'tool', tool: program, version },
    }
  }
  const version = wanted ?? usual
  const from = wanted === null ? 'lockfile' : 'packageManager'
  return {
    command: ['npx', '--yes', `--package=${packageName}@${version}`, '--', program],
    name: program,
    version,
    reason: { is: 'tool-fetched', tool: program, version, from },
  }
}

/** A command as the list that it is: there is always a program in it. */
function list([program = '', ...rest]: readonly string[]): Command {
  return [program, ...rest]
}
