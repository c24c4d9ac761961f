import { NaruError } from '../../../base/error.ts'
import type { BuildReason } from '../../../model/build-reason.ts'
import type { Command } from '../../../model/spec.ts'
import { type CommitFiles, sayCommand } from '../../recipe-types.ts'
import { type Application, findApplication } from './application.ts'
import type { Django } from './django.ts'
import type { Install } from './install.ts'
import type { PythonProject } from './project.ts'
import type { Python } from './version.ts'

export type Start = { command: Command; reasons: BuildReason[] }

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
    // By Python itself: a first line with an odd path in it, of a folder with a quote in its name, starts nothing.
    return startProgram([pythonOf(install, python), `.venv/bin/${script}`])
  throw noStart(`a Python app without ${plain.join(', ')}, manage.py or a framework that is known`)
}

/** The Python of the app's own packages, or the machine's where it has none. */
export const pythonOf = ({ hasVenv }: Install, { program }: Python): string =>
  hasVenv ? '.venv/bin/python' : program

function startDjango({ install, python }: Given, { wsgi, asgi }: Django): Start {
  if (wsgi !== null && install.names.has('gunicorn')) return said(gunicorn(wsgi))
  if (asgi !== null && install.names.has('uvicorn')) return said(uvicorn(`${asgi}:application`))
  const program = pythonOf(install, python)
  return warned(`exec ${program} manage.py runserver "$HOST:$PORT" --noreload`, 'Django')
}

function startAsgi({ install }: Given, { says, file, module, object }: Application): Start {
  const target = `${module}:${object}`
  if (install.names.has('uvicorn')) return said(uvicorn(target), { framework: says, file })
  if (install.names.has('hypercorn')) return said(hypercorn(target), { framework: says, file })
  throw noStart(`${says} in ${file}, and no uvicorn in the requirements to serve it`)
}

function startFlask({ install }: Given, { says, file, module, object }: Application): Start {
  const isFactory = object.endsWith('()')
  if (install.names.has('gunicorn'))
    return said(gunicorn(isFactory ? `'${module}:${object}'` : `${module}:${object}`), {
      framework: says,
      file,
    })
  if (!install.names.has('flask'))
    throw noStart(`${says} in ${file}, and no Flask in the requirements`)
  return warned(
    `${run} flask --app ${isFactory ? module : `${module}:${object}`} run --host "$HOST" --port "$PORT"`,
    'Flask',
  )
}

/**
 * By Python itself and not by the programs in `.venv/bin`: their first lines name their Python by its whole path, which
 * no longer works where that is long and has a quote or a dollar sign in it.
 */
const run = 'exec .venv/bin/python -m'
const gunicorn = (target: string): string => `${run} gunicorn --bind "$HOST:$PORT" ${target}`
const uvicorn = (target: string): string => `${run} uvicorn --host "$HOST" --port "$PORT" ${target}`
const hypercorn = (target: string): string => `${run} hypercorn --bind "$HOST:$PORT" ${target}`

function said(command: Command, from?: { framework: string; file: string }): Start {
  const line = sayCommand(command)
  const reason: BuildReason =
    from === undefined
      ? { is: 'start', command: line }
      : { is: 'start-framework', command: line, ...from }
  return { command, reasons: [reason] }
}

const startProgram = (command: Command): Start => ({
  command,
  reasons: [{ is: 'start-only-program', command: sayCommand(command) }],
})

const warned = (command: Command, framework: 'Django' | 'Flask'): Start => ({
  command,
  reasons: [...said(command).reasons, { is: 'start-development', framework }],
})

const noStart = (found: string): NaruError<'build.no-start'> =>
  new NaruError('build.no-start', { found, language: 'python' })
