import type { CommitFiles } from '../../recipe-types.ts'

/** The object that a Python web framework serves: `main:app` of main.py. */
export type Application = {
  framework: 'asgi' | 'flask'
  /** Name of the framework as people write it. */
  says: string
  file: string
  /** "app.main", as `import` names the file. */
  module: string
  /** "app", or "create_app()" for a function that makes it. */
  object: string
}

/** Where such an object is usually made; the first file that makes one wins. */
const usual = [
  ...['app', 'main', 'wsgi', 'asgi', 'server', 'application', 'api'].map((name) => `${name}.py`),
  ...['app', 'src', 'api', 'backend', 'server'].flatMap((folder) =>
    ['main', 'app', '__init__'].map((name) => `${folder}/${name}.py`),
  ),
]

/** The application of one of the usual files; null where none makes one. */
export async function findApplication(files: CommitFiles): Promise<Application | null> {
  for (const file of usual) {
    const content = files.has(file) ? await files.read(file) : null
    const found = content === null ? null : madeIn(content)
    if (found !== null) return { ...found, file, module: moduleOf(file) }
  }
  return null
}

/** "app/__init__.py" is the module `app`. */
export const moduleOf = (file: string): string =>
  file.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.')

function madeIn(content: string): Pick<Application, 'framework' | 'says' | 'object'> | null {
  const made =
    /^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(FastAPI|Starlette|Litestar|Quart|Flask)\s*\(/m.exec(
      content,
    )
  const [, object, says] = made ?? []
  if (object !== undefined && says !== undefined)
    return { framework: says === 'Flask' ? 'flask' : 'asgi', says, object }
  const factory = /^def (create_app|make_app)\(\s*(?:\)|\w+\s*(?::[^=,)]+)?=)/m.exec(content)?.[1]
  return factory !== undefined && /\bFlask\s*\(/.test(content)
    ? { framework: 'flask', says: 'Flask', object: `${factory}()` }
    : null
}
