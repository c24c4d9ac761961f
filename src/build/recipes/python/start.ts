import { NaruError } from '../../../base/error.ts'
import type { Command } from '../../../model/spec.ts'
import type { CommitFiles } from '../../recipe-types.ts'
import { type Application, findApplication } from './application.ts'
import type { Django } from './django.ts'
import type { Install } from './install.ts'
import type { PythonProject } from './project.ts'
import type { Python } from './version.ts'

export type Start = { command: Command; reasons: string[] }

type Given = {
  files: CommitFiles
  install: Install
  python: Python
  project: PythonProject | null
  django: Django | null
}

/** Programs that are run as they are where no framework is found. */
const plain = ['app.py', 'main.py', 'server.py', 'run.py']

/** How the service `web` is started. Throws `build.no-start`. */
export async function findStart(given: Given): Promise<Start> {
  if (given.django !== null) return startDjango(given, given.django)
  const application = await findApplication(given.files)
  if (application?.framework === 'asgi') return startAsgi(given, application)
  if (application !== null) return startFlask(given, application)
  const { files, project, python, install } = given
  const file = plain.find((name) => files.has(name))
  if (file !== undefined) return said([pythonOf(install, python), file])
  const [script, ...others] = project?.isPackage ? project.scripts : []
  if (script !== undefined && others.length === 0 && /^[\w.-]+$/.test(script))
    return said([`.venv/bin/${script}`], `the one program of pyproject.toml`)
  throw noStart(`a Python app without ${plain.join(', ')}, manage.py or a framework that is known`)
}

/** The Python of the app's own packages, or the machine's where it has none. */
export const pythonOf = ({ hasVenv }: Install, { program }: Python): string =>
  hasVenv ? '.venv/bin/python' : program

function startDjango({ install, python }: Given, { wsgi, asgi }: Django): Start {
  if (wsgi !== null && install.names.has('gunicorn')) return said(gunicorn(wsgi))
  if (asgi !== null && install.names.has('uvicorn')) return said(uvicorn(`${asgi}:application`))
  const program = pythonOf(install, python)
  return warned(
    `exec ${program} manage.py runserver "$HOST:$PORT" --noreload`,
    "Django's server for development; add gunicorn to the requirements",
  )
}

function startAsgi({ install }: Given, { says, file, module, object }: Application): Start {
  const target = `${module}:${object}`
  if (install.names.has('uvicorn')) return said(uvicorn(target), `${says} in ${file}`)
  if (install.names.has('hypercorn'))
    return said(`exec .venv/bin/hypercorn --bind "$HOST:$PORT" ${target}`, `${says} in ${file}`)
  throw noStart(`${says} in ${file}, and no uvicorn in the requirements to serve it`)
}

function startFlask({ install }: Given, { says, file, module, object }: Application): Start {
  const isFactory = object.endsWith('()')
  if (install.names.has('gunicorn'))
    return said(
      gunicorn(isFactory ? `'${module}:${object}'` : `${module}:${object}`),
      `${says} in ${file}`,
    )
  if (!install.names.has('flask'))
    throw noStart(`${says} in ${file}, and no Flask in the requirements`)
  return warned(
    `exec .venv/bin/flask --app ${isFactory ? module : `${module}:${object}`} run --host "$HOST" --port "$PORT"`,
    "Flask's server for development; add gunicorn to the requirements",
  )
}

const gunicorn = (target: string): string =>
  `exec .venv/bin/gunicorn --bind "$HOST:$PORT" ${target}`
const uvicorn = (target: string): string =>
  `exec .venv/bin/uvicorn --host "$HOST" --port "$PORT" ${target}`

const said = (command: Command, why?: string): Start => ({
  command,
  reasons: [
    `start: ${typeof command === 'string' ? command : command.join(' ')}${why === undefined ? '' : ` (${why})`}`,
  ],
})

const warned = (command: Command, warning: string): Start => ({
  command,
  reasons: [...said(command).reasons, `warning: that is ${warning}`],
})

const noStart = (found: string): NaruError<'build.no-start'> =>
  new NaruError('build.no-start', { found, language: 'python' })
