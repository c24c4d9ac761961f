/**
 * Folders of the packages that only development needs, by a lockfile of npm 7 or later: what `npm prune --omit=dev` would
 * remove, which takes npm two seconds to find out. Null for a lockfile that does not say.
 */
export function developmentFolders(lockfile: string): string[] | null {
  const packages = packagesIn(lockfile)
  if (packages === null) return null
  const folders = Object.entries(packages)
    .filter(([path, about]) => isDevelopment(about) && isInstalled(path))
    .map(([path]) => path)
  const known = new Set(folders)
  return folders.filter((path) => !isBelow(path, known))
}

/** Folders of the packages of a workspace, the root's left out, by a lockfile of npm 7 or later. Null for a lockfile that does not say. */
export function workspaceFolders(lockfile: string): string[] | null {
  const packages = packagesIn(lockfile)
  if (packages === null) return null
  return Object.keys(packages).filter((path) => path !== '' && !/(?:^|\/)node_modules\//.test(path))
}

const isDevelopment = (about: unknown): boolean =>
  typeof about === 'object' && about !== null && 'dev' in about && about.dev === true

/** Where npm puts a package, and nothing else that somebody may have written. */
const isInstalled = (path: string): boolean =>
  /^node_modules\/(?:@[\w.~-]+\/)?[\w.~-]+(?:\/node_modules\/(?:@[\w.~-]+\/)?[\w.~-]+)*$/.test(
    path,
  ) && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path)

function isBelow(path: string, folders: ReadonlySet<string>): boolean {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    if (folders.has(path.slice(0, end))) return true
  return false
}

function packagesIn(lockfile: string): Record<string, unknown> | null {
  try {
    const json: unknown = JSON.parse(lockfile.replace(/^\uFEFF/, ''))
    if (typeof json !== 'object' || json === null || !('packages' in json)) return null
    const { packages } = json
    return typeof packages === 'object' && packages !== null
      ? Object.fromEntries(Object.entries(packages))
      : null
  } catch {
    return null // npm will say what is wrong with it.
  }
}
