import { NaruError } from '../../base/error.ts'
import type { BuildReason } from '../../model/build-reason.ts'
import type { Spec } from '../../model/spec.ts'
import {
  type CommitFiles,
  emptyRecipe,
  type FindRecipe,
  hasOwnCommands,
  needsStart,
  type Step,
} from '../recipe-types.ts'
import { findApplication } from './python/application.ts'
import { type Django, findDjango } from './python/django.ts'
import { findInstall } from './python/install.ts'
import { type PythonProject, readProject } from './python/project.ts'
import { findStart, pythonOf } from './python/start.ts'
import { findPython } from './python/version.ts'
import { buildStep, sayBuild } from './static.ts'

/**
 * A Python app: its packages in a `.venv` inside the slug, started by the server that its framework wants. Throws
 * `build.no-start`, `build.tool-missing`, `build.unsupported`.
 */
export const pythonRecipe: FindRecipe = async (files, spec, machine) => {
  const project = await readProject(files)
  const shown = whatShows(files, project, spec)
  if (shown === null) return null
  if (shown === 'Pipfile') throw new NaruError('build.unsupported', { file: shown, tool: 'pipenv' })
  const python = await findPython(files, project, machine, shown)
  const install = await findInstall({ files, project, python, machine })
  const django = await findDjango(files)
  const collect = django === null ? [] : collectStatic(django, spec, pythonOf(install, python))
  const start = needsStart(spec)
    ? await findStart({ files, install, python, project, django })
    : null
  return {
    ...emptyRecipe('python'),
    steps: [...install.steps, ...collect, ...buildStep(spec)],
    services: start === null ? {} : { web: start.command },
    reasons: [
      python.reason,
      ...install.reasons,
      ...(files.has('package.json') && spec.build.command === undefined
        ? [{ is: 'package-json-unbuilt' as const }]
        : []),
      ...(collect.length === 0 ? [] : [{ is: 'collectstatic' as const }]),
      ...sayBuild(spec),
      ...(start?.reasons ?? []),
      ...sayMigrations(django, spec),
    ],
    // Lines reach the log when they are written, not when a buffer is full.
    environment: { PYTHONUNBUFFERED: '1' },
    tools: install.tools,
  }
}

/**
 * Whether a Python framework serves the app, so that a package.json without a start is only for its assets. A
 * requirements.txt alone shows nothing: it may be for a script beside a site.
 */
export async function isServedByPython(files: CommitFiles): Promise<boolean> {
  if (files.has('manage.py')) return (await findDjango(files)) !== null
  const listed = ['requirements.txt', 'pyproject.toml'].some((name) => files.has(name))
  return listed && (await findApplication(files)) !== null
}

/** The file that shows that this is a Python app; null where none does. */
function whatShows(files: CommitFiles, project: PythonProject | null, spec: Spec): string | null {
  const own = hasOwnCommands(spec)
  const shown = ['requirements.txt', 'uv.lock', 'manage.py'].find((name) => files.has(name))
  if (shown !== undefined) return shown
  if (project?.isProject) return 'pyproject.toml'
  if (files.has('Pipfile')) return own ? null : 'Pipfile'
  // A script beside another language's files, or beside commands that need no Python, shows nothing.
  if (own || otherLanguages.some((name) => files.has(name))) return null
  return ['app.py', 'main.py'].find((name) => files.has(name)) ?? null
}

const otherLanguages = ['go.mod', 'Cargo.toml', 'pom.xml', 'build.gradle', 'build.gradle.kts']

function collectStatic({ collects }: Django, { settings }: Spec, python: string): Step[] {
  const off = settings['DISABLE_COLLECTSTATIC']
  if (!collects || (off !== undefined && off !== '' && off !== '0')) return []
  return [{ name: 'build', command: [python, 'manage.py', 'collectstatic', '--noinput'] }]
}

function sayMigrations(django: Django | null, { jobs }: Spec): BuildReason[] {
  const migrates = Object.values(jobs).some(({ command }) => /\bmigrate\b/.test(String(command)))
  return django === null || migrates ? [] : [{ is: 'migrations-not-run' }]
}
