import type { CommitFiles } from '../../recipe-types.ts'

export type Django = {
  /** Module of `application` for a server, "shop.wsgi"; null where there is no such file. */
  wsgi: string | null
  asgi: string | null
  /** Whether STATIC_ROOT is set, so that `collectstatic` has somewhere to put the files. */
  collects: boolean
}

/** A Django project: manage.py in the app's folder. Null where it is none. */
export async function findDjango(files: CommitFiles): Promise<Django | null> {
  const manage = files.has('manage.py') ? await files.read('manage.py') : null
  if (manage === null || !/\bdjango\b/i.test(manage)) return null
  const settings =
    /DJANGO_SETTINGS_MODULE["']\s*,\s*["']([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)["']/.exec(
      manage,
    )?.[1] ?? null
  return {
    wsgi: serverModule(files, settings, 'wsgi'),
    asgi: serverModule(files, settings, 'asgi'),
    collects: await setsStaticRoot(files, settings),
  }
}

/** Beside the settings, or else the only one of that name in the commit. */
function serverModule(files: CommitFiles, settings: string | null, name: 'wsgi' | 'asgi') {
  const [project] = (settings ?? '').split('.')
  const file = `${project}/${name}.py`
  if (project !== '' && files.has(file)) return `${project}.${name}`
  const others = files.paths.filter((path) => new RegExp(`^[A-Za-z_]\\w*/${name}\\.py$`).test(path))
  const [only] = others
  return only !== undefined && others.length === 1
    ? only.replace(/\.py$/, '').replace('/', '.')
    : null
}

async function setsStaticRoot(files: CommitFiles, settings: string | null): Promise<boolean> {
  const path = (settings ?? '').replaceAll('.', '/')
  const folder = path.replace(/\/[^/]*$/, '')
  const candidates = files.paths.filter(
    (file) =>
      file === `${path}.py` ||
      (file.startsWith(`${path}/`) && file.endsWith('.py')) ||
      (/\/settings$/.test(folder) && file.startsWith(`${folder}/`) && file.endsWith('.py')) ||
      (settings === null && /^[^/]+\/settings\.py$/.test(file)),
  )
  for (const file of candidates.slice(0, 10))
    if (/^[ \t]*STATIC_ROOT[ \t]*(?::[^=\n]+)?=/m.test((await files.read(file)) ?? '')) return true
  return false
}
