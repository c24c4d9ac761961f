/** What a build needs of `package.json`; everything else in it is left unread. */
export type PackageJson = {
  scripts: Record<string, string>
  main: string | null
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  optionalDependencies: Record<string, string>
  peerDependencies: Record<string, string>
  workspaces: boolean
  engineRange: string | null
  /** "pnpm@9.15.9", as it stands. */
  packageManager: string | null
  /** Every field that changes what `npm ci` installs, as it stands. */
  installs: Record<string, unknown>
  /** What a workspace knows the package by, as it stands. */
  identity: Record<string, unknown>
  /** Whether it brings programs of its own. */
  hasPrograms: boolean
}

/** The parts of a `package.json`; null when it is not a JSON object. A part of the wrong type counts as missing. */
export function parsePackageJson(text: string): PackageJson | null {
  const json = objectIn(text)
  if (json === null) return null
  const engines = record(json.engines)
  return {
    scripts: texts(json.scripts),
    main: typeof json.main === 'string' ? json.main : null,
    dependencies: texts(json.dependencies),
    devDependencies: texts(json.devDependencies),
    optionalDependencies: texts(json.optionalDependencies),
    peerDependencies: texts(json.peerDependencies),
    workspaces: json.workspaces !== undefined,
    engineRange: typeof engines['node'] === 'string' ? engines['node'] : null,
    packageManager: typeof json['packageManager'] === 'string' ? json['packageManager'] : null,
    installs: Object.fromEntries(installFields.map((field) => [field, json[field] ?? null])),
    identity: Object.fromEntries(identityFields.map((field) => [field, json[field] ?? null])),
    hasPrograms: json['bin'] !== undefined || json['directories'] !== undefined,
  }
}

const identityFields = ['name', 'version', 'workspaces']

const installFields = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
  'bundleDependencies',
  'bundledDependencies',
  'overrides',
  'allowScripts',
  'devEngines',
  'packageManager',
  'pnpm',
  'resolutions',
]

/** Scripts of the app itself that `npm ci` runs. */
export const installScripts = [
  'preinstall',
  'install',
  'postinstall',
  'preprepare',
  'prepare',
  'postprepare',
]

export const hasInstallScripts = (json: PackageJson): boolean =>
  installScripts.some((name) => json.scripts[name] !== undefined)

/** Whether any package is installed for this app, for running or for building it. */
export const hasDependencies = (json: PackageJson): boolean =>
  Object.keys(allDependencies(json)).length > 0

export const hasDevDependencies = (json: PackageJson): boolean =>
  Object.keys(json.devDependencies).length > 0

/** Name and wanted version of every direct dependency of any kind. */
export const allDependencies = (json: PackageJson): Record<string, string> => ({
  ...json.peerDependencies,
  ...json.optionalDependencies,
  ...json.devDependencies,
  ...json.dependencies,
})

function objectIn(text: string): Record<string, unknown> | null {
  try {
    // Editors on Windows put a byte order mark first; npm reads past it too.
    const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? record(json) : null
  } catch {
    return null // Not JSON is an answer here: the caller says what it means.
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {}
}

function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value))
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
