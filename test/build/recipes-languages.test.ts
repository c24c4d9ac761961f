import { describe, expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { commitFiles } from '../../src/build/commit-files.ts'
import { recipeFor } from '../../src/build/recipe.ts'
import { type Machine, sayCommand } from '../../src/build/recipe-types.ts'
import { parseSpec } from '../../src/model/spec-file.ts'
import { inWords, type Said } from '../support/build-lines.ts'

const everything: Record<string, string> = {
  python3: '3.11.2',
  uv: '0.9.0',
  go: '1.26.8',
  cargo: '1.96.0',
  java: '17.0.15',
  mvn: '3.8.7',
}

function machineWith(tools: Record<string, string>): Machine {
  return {
    nodeVersion: '20.20.2',
    abi: '115',
    platform: 'linux',
    arch: 'x64',
    tool: async (name) => {
      const version = tools[name]
      return version === undefined ? null : { path: `/usr/bin/${name}`, version }
    },
  }
}

type Files = Record<string, string>

/** With its reasons as sentences. */
async function recipe(files: Files, tools: Record<string, string> = everything): Promise<Said> {
  const entries = Object.keys(files).map((path) => ({ path, kind: 'file' as const }))
  const commit = commitFiles(entries, async (path) => files[path])
  const spec = parseSpec(files['naru.yaml'], { file: 'naru.yaml' })
  return inWords(await recipeFor(commit, spec, machineWith(tools)))
}

async function problem(files: Files, tools?: Record<string, string>) {
  try {
    await recipe(files, tools)
  } catch (error) {
    if (error instanceof NaruError) return { code: error.code, facts: error.facts }
    throw error
  }
  throw new Error('There is a recipe.')
}

const start = async (files: Files, tools?: Record<string, string>): Promise<string> =>
  sayCommand((await recipe(files, tools)).services['web'] ?? '-')
const reasons = async (files: Files, tools?: Record<string, string>): Promise<string> =>
  (await recipe(files, tools)).reasons.join('\n')
const installs = async (files: Files): Promise<(string | undefined)[]> =>
  (await recipe(files)).steps.filter(({ name }) => name === 'install').map(({ cached }) => cached)

const flask = 'from flask import Flask\napp = Flask(__name__)\n'
const fastapi = 'from fastapi import FastAPI\n\napi: FastAPI = FastAPI(title="x")\n'

describe('a Python app is started by the server that its framework wants', () => {
  const cases: [string, Files, string][] = [
    [
      'Flask with gunicorn',
      { 'app.py': flask, 'requirements.txt': 'flask==3.1.2\ngunicorn==23.0.0' },
      'exec .venv/bin/python -m gunicorn --bind "$HOST:$PORT" app:app',
    ],
    [
      'Flask without it, by its own server',
      { 'main.py': flask, 'requirements.txt': 'Flask==3.1.2' },
      'exec .venv/bin/python -m flask --app main:app run --host "$HOST" --port "$PORT"',
    ],
    [
      'Flask made by a function',
      {
        'app/__init__.py':
          'import flask\ndef create_app(config=None):\n    return flask.Flask("app")\n',
        'requirements.txt': 'flask\ngunicorn',
      },
      'exec .venv/bin/python -m gunicorn --bind "$HOST:$PORT" \'app:create_app()\'',
    ],
    [
      'FastAPI under another name, in a folder',
      { 'app/main.py': fastapi, 'requirements.txt': 'fastapi[standard]==0.121.0' },
      'exec .venv/bin/python -m uvicorn --host "$HOST" --port "$PORT" app.main:api',
    ],
    [
      'Django with gunicorn',
      {
        'manage.py':
          'import django\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        'shop/wsgi.py': '',
        'requirements.txt': 'Django==5.2\ngunicorn==23',
      },
      'exec .venv/bin/python -m gunicorn --bind "$HOST:$PORT" shop.wsgi',
    ],
    [
      'Django without it, by its own server',
      {
        'manage.py':
          'import django\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        'requirements.txt': 'Django==5.2',
      },
      'exec .venv/bin/python manage.py runserver "$HOST:$PORT" --noreload',
    ],
    ['a program without packages', { 'app.py': 'print(1)' }, 'python3 app.py'],
    [
      'a program with packages',
      { 'main.py': 'print(1)', 'requirements.txt': 'requests==2.32.5' },
      '.venv/bin/python main.py',
    ],
    [
      'the one program of a package',
      {
        'pyproject.toml':
          '[project]\nname = "a"\ndependencies = []\n[project.scripts]\nserve-it = "a:main"\n[build-system]\nrequires = []\n',
      },
      '.venv/bin/python .venv/bin/serve-it',
    ],
  ]
  test.each(cases)('%s', async (_name, files, expected) => {
    expect(await start(files)).toBe(expected)
  })

  test('a server for development is warned about', async () => {
    expect(await reasons({ 'app.py': flask, 'requirements.txt': 'flask==3.1.2' })).toMatch(
      /warning: .*server for development; add gunicorn/,
    )
  })

  test('a package.json without a start is for its assets', async () => {
    const python = { 'app.py': flask, 'requirements.txt': 'flask==3.1.2\ngunicorn==23.0.0' }
    const files = { ...python, 'package.json': '{"scripts":{"build":"tailwind"}}' }
    expect((await recipe(files)).kind).toBe('python')
    expect(await reasons(files)).toContain('package.json is not built; in naru.yaml: build:')
    const started = { ...python, 'package.json': '{"scripts":{"start":"node x.js"}}' }
    expect((await recipe(started)).kind).toBe('node')
  })

  test('a Procfile is stronger', async () => {
    const files = {
      'app.py': flask,
      'requirements.txt': 'flask==3.1.2',
      Procfile: 'web: python x.py',
    }
    expect(await start(files)).toBe('python x.py')
  })

  test('FastAPI without a server is refused in words', async () => {
    expect(await problem({ 'main.py': fastapi, 'requirements.txt': 'fastapi==0.121.0' })).toEqual({
      code: 'build.no-start',
      facts: { found: expect.stringContaining('no uvicorn'), language: 'python' },
    })
  })

  test('files without a program are refused in words', async () => {
    expect(await problem({ 'requirements.txt': '', 'lib.py': '' })).toMatchObject({
      code: 'build.no-start',
    })
  })
})

describe("a Python app's packages", () => {
  const app = { 'app.py': 'print(1)' }

  test('are kept under one key while requirements and Python are the same', async () => {
    const one = await installs({ ...app, 'requirements.txt': 'a==1' })
    expect(one).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)])
    expect(await installs({ 'app.py': 'print(2)', 'requirements.txt': 'a==1' })).toEqual(one)
    expect(await installs({ ...app, 'requirements.txt': 'a==2' })).not.toEqual(one)
    const newer = await recipe({ ...app, 'requirements.txt': 'a==1' }, { python3: '3.12.1' })
    expect(newer.steps.map(({ cached }) => cached)).not.toEqual(one)
  })

  test('are kept by every file that requirements.txt includes', async () => {
    const files = { ...app, 'requirements.txt': '-r deps/base.txt\n-c deps/limits.txt' }
    const base = { ...files, 'deps/base.txt': 'a==1', 'deps/limits.txt': 'b<3' }
    expect(await installs(base)).not.toEqual(await installs({ ...base, 'deps/base.txt': 'a==2' }))
    expect(await installs(base)).not.toEqual(await installs({ ...base, 'deps/limits.txt': 'b<2' }))
  })

  test('survive files that include each other', async () => {
    const files = {
      ...app,
      'requirements.txt': '-r other.txt',
      'other.txt': '-r requirements.txt\na==1',
    }
    expect(await installs(files)).toHaveLength(1)
  })

  const anew: [string, string][] = [
    ['-e .', '-e . comes from a folder'],
    ['./vendor/thing', './vendor/thing comes from a folder'],
    ['thing @ file:///srv/thing', 'thing comes from a folder'],
    ['thing @ git+https://example.com/thing.git@main', 'without an exact commit'],
    ['--index-url https://${TOKEN}@example.com/simple', 'reads a variable'],
    ['wheels/thing-1.0-py3-none-any.whl', 'comes from a file'],
    ['-r missing.txt', 'missing.txt is not in the commit'],
  ]
  test.each(anew)('are installed anew with the line %s', async (line, why) => {
    const files = { ...app, 'requirements.txt': `a==1\n${line}\n` }
    expect(await installs(files)).toEqual([undefined])
    expect(await reasons(files)).toContain(why)
  })

  test('without exact versions are warned about', async () => {
    const files = { ...app, 'requirements.txt': 'requests\nflask==3.1.2 # pinned\nurllib3>=2\n' }
    expect(await reasons(files)).toContain('no exact version for requests, urllib3')
  })

  test('come from uv.lock where there is one, by the uv of the machine', async () => {
    const files = {
      ...app,
      'pyproject.toml': '[project]\nname = "a"\ndependencies = ["b"]\n',
      'uv.lock':
        'version = 1\n[[package]]\nname = "b"\nversion = "1.0"\nsource = { registry = "x" }\n',
      'requirements.txt': 'b',
    }
    expect((await recipe(files)).steps.map(({ command }) => String(command))).toEqual([
      expect.stringMatching(/^uv sync --frozen --no-dev /),
    ])
    expect(await reasons(files, { python3: '3.11.2' })).toContain('uv by pip')
    const local = files['uv.lock'].replace('registry = "x"', 'directory = "lib"')
    expect(await installs({ ...files, 'uv.lock': local })).toEqual([undefined])
  })

  test('of a pyproject.toml are arguments, never options', async () => {
    const files = { ...app, 'pyproject.toml': '[project]\nname = "a"\ndependencies = ["--evil"]\n' }
    const [step] = (await recipe(files)).steps
    expect(step?.command.slice(-2)).toEqual(['--', '--evil'])
  })

  test('of a pyproject.toml that cannot be read are left to pip', async () => {
    const files = { ...app, 'pyproject.toml': '[project\n' }
    expect(String((await recipe(files)).steps[0]?.command)).toMatch(/pip install \.$/)
  })

  test('of Pipenv are refused in words', async () => {
    expect(await problem({ ...app, Pipfile: '' })).toEqual({
      code: 'build.unsupported',
      facts: { file: 'Pipfile', tool: 'pipenv' },
    })
  })

  test('need a Python on the machine', async () => {
    expect(await problem({ ...app, 'requirements.txt': '' }, {})).toEqual({
      code: 'build.tool-missing',
      facts: { tool: 'python3', needed: 'requirements.txt' },
    })
  })
})

describe('the version of Python', () => {
  const app = { 'app.py': 'print(1)', 'requirements.txt': 'a==1' }

  test('is another one of the machine where the files ask for it', async () => {
    const files = { ...app, '.python-version': '3.12.4\n' }
    const { steps, reasons, tools } = await recipe(files, {
      python3: '3.11.2',
      'python3.12': '3.12.1',
    })
    expect(reasons[0]).toBe("python 3.12 from .python-version (3.12.4; this machine's 3.12.1)")
    expect(steps[0]?.command).toMatch(/^python3\.12 -m venv /)
    expect(tools).toEqual({ 'python3.12': '3.12.1' })
  })

  test('is warned about where no Python of the machine fits', async () => {
    const files = {
      ...app,
      'pyproject.toml': '[project]\nname = "a"\nrequires-python = ">=3.13"\n',
    }
    expect(await reasons(files)).toContain('although requires-python asks for >=3.13')
  })
})

describe('a Go module', () => {
  const module = 'module example.com/x\n\ngo 1.22\n'

  test('of one program becomes .naru/web', async () => {
    const files = {
      'go.mod': module,
      'main.go': 'package main\n',
      'x_test.go': 'package main_test\n',
    }
    expect(await start(files)).toBe('.naru/web')
    expect(await reasons(files)).toContain('go build -mod=readonly')
  })

  test('finds the program in cmd/, and takes vendor/ as it is', async () => {
    const files = {
      'go.mod': module,
      'lib.go': 'package x\n',
      'cmd/api/main.go': '// Comment.\npackage main\n',
      'vendor/modules.txt': '',
      'tools.go': '//go:build ignore\n\npackage main\n',
    }
    const [step] = (await recipe(files)).steps
    expect(sayCommand(step?.command ?? '')).toBe(
      'go build -modcacherw -buildvcs=false -o .naru/web ./cmd/api',
    )
  })

  const several = {
    'go.mod': module,
    'cmd/api/main.go': 'package main\n',
    'cmd/admin/main.go': 'package main\n',
  }
  test('of several programs asks which one is web', async () => {
    expect(await problem(several)).toEqual({
      code: 'build.several-programs',
      facts: { language: 'go', programs: ['./cmd/admin', './cmd/api'] },
    })
    expect(await start({ ...several, 'cmd/web/main.go': 'package main\n' })).toBe('.naru/web')
  })

  test('of several programs builds them all where naru.yaml says what to start', async () => {
    const files = { ...several, 'naru.yaml': 'services: { web: { command: .naru/bin/api } }\n' }
    const [step] = (await recipe(files)).steps
    expect(sayCommand(step?.command ?? '')).toContain('-o .naru/bin/ ./cmd/admin ./cmd/api')
  })

  test('without a program is refused in words', async () => {
    expect(await problem({ 'go.mod': module, 'lib.go': 'package lib\n' })).toMatchObject({
      code: 'build.no-start',
      facts: { language: 'go' },
    })
  })

  test('needs Go on the machine, and says so where it is too old', async () => {
    const files = { 'go.mod': module.replace('1.22', '1.99.1'), 'main.go': 'package main\n' }
    expect(await problem(files, {})).toEqual({
      code: 'build.tool-missing',
      facts: { tool: 'go', needed: 'go.mod' },
    })
    expect(await reasons(files)).toContain('although go.mod asks for 1.99.1')
  })
})

describe('a Rust package', () => {
  const manifest = '[package]\nname = "shop"\n'
  const main = { 'Cargo.toml': manifest, 'Cargo.lock': '', 'src/main.rs': '' }

  test('is compiled into .naru/bin by its lockfile', async () => {
    expect(await start(main)).toBe('.naru/bin/shop')
    const [step] = (await recipe(main)).steps
    expect(step?.command).toContain('--locked')
  })

  test('without a lockfile is warned about', async () => {
    const { 'Cargo.lock': _, ...files } = main
    expect(await reasons(files)).toContain('warning: no Cargo.lock')
  })

  const several = { ...main, 'src/bin/api.rs': '', 'src/bin/admin/main.rs': '' }
  test('of several programs asks which one is web, unless default-run says it', async () => {
    expect(await problem(several)).toMatchObject({
      code: 'build.several-programs',
      facts: { language: 'rust' },
    })
    const files = { ...several, 'Cargo.toml': `${manifest}default-run = "api"\n` }
    expect(await start(files)).toBe('.naru/bin/api')
  })

  test('of a workspace is found in its folder', async () => {
    const files = {
      'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\n',
      'Cargo.lock': '',
      'crates/lib/Cargo.toml': '[package]\nname = "lib"\n',
      'crates/lib/src/lib.rs': '',
      'crates/api/Cargo.toml':
        '[package]\nname = "api"\n[[bin]]\nname = "serve"\npath = "src/main.rs"\n',
      'crates/api/src/main.rs': '',
    }
    expect(await start(files)).toBe('.naru/bin/serve')
    expect((await recipe(files)).steps[0]?.command).toContain('--path=crates/api')
  })

  test('without a program, or a cargo, is refused in words', async () => {
    const library = { 'Cargo.toml': manifest, 'src/lib.rs': '' }
    expect(await problem(library)).toMatchObject({ code: 'build.no-start' })
    expect(await problem(library, {})).toMatchObject({ code: 'build.tool-missing' })
    expect(await problem({ 'Cargo.toml': '[package' })).toMatchObject({ code: 'build.no-start' })
  })
})

describe('a Maven project', () => {
  const pom = (inner: string): string =>
    `<?xml version="1.0"?><project xmlns="http://maven.apache.org/POM/4.0.0"><!-- <packaging>war</packaging> -->${inner}</project>`
  const plain = pom('<artifactId>shop</artifactId><version>1.2</version>')
  const jar = (inner: string): Promise<string> => start({ 'pom.xml': pom(inner) })

  test('is started by its jar, however its name is written', async () => {
    expect(await start({ 'pom.xml': plain })).toBe('java -jar target/shop-1.2.jar')
    const parent = '<parent><artifactId>p</artifactId><version>3</version></parent>'
    expect(await jar(`${parent}<artifactId>shop</artifactId>`)).toBe('java -jar target/shop-3.jar')
    expect(
      await jar(
        '<artifactId>shop</artifactId><version>${revision}</version><properties><revision>7-${kind}</revision><kind>b</kind></properties>',
      ),
    ).toBe('java -jar target/shop-7-b.jar')
    expect(
      await jar(
        '<artifactId>shop</artifactId><version>1</version><build><finalName>${project.artifactId}</finalName></build>',
      ),
    ).toBe('java -jar target/shop.jar')
  })

  test('of Spring Boot is told the port', async () => {
    const spring =
      '<parent><artifactId>spring-boot-starter-parent</artifactId><version>3.5.0</version></parent><artifactId>shop</artifactId>'
    expect(await jar(spring)).toBe(
      'exec java -Dserver.port="$PORT" -Dserver.address="$HOST" -jar target/shop-3.5.0.jar',
    )
  })

  test('is built by the wrapper that it brings', async () => {
    const files = { 'pom.xml': plain, mvnw: '', '.mvn/wrapper/maven-wrapper.properties': '' }
    const { steps } = await recipe(files, { java: '17.0.1' })
    expect(steps[0]?.command).toMatch(/^sh \.\/mvnw -B -q package/)
  })

  const refused: [string, string][] = [
    ['several modules', pom('<packaging>pom</packaging><modules><module>a</module></modules>')],
    ['a war', pom('<packaging>war</packaging><artifactId>a</artifactId><version>1</version>')],
    ['no version', pom('<artifactId>a</artifactId>')],
    ['a name for a shell', pom('<artifactId>a;reboot</artifactId><version>1</version>')],
    ['no XML', 'nothing <at all'],
  ]
  test.each(refused)('with %s is refused in words', async (_name, text) => {
    expect(await problem({ 'pom.xml': text })).toMatchObject({
      code: 'build.no-start',
      facts: { language: 'java' },
    })
  })

  test('needs Java and Maven on the machine', async () => {
    const files = { 'pom.xml': plain }
    expect(await problem(files, { mvn: '3.8.7' })).toMatchObject({ facts: { tool: 'java' } })
    expect(await problem(files, { java: '17.0.1' })).toMatchObject({ facts: { tool: 'mvn' } })
  })

  test('of Gradle is refused in words, unless naru.yaml says everything', async () => {
    expect(await problem({ 'build.gradle.kts': '' })).toEqual({
      code: 'build.unsupported',
      facts: { file: 'build.gradle.kts', tool: 'gradle' },
    })
    const said =
      'build: { command: ./gradlew build }\nservices: { web: { command: java -jar a.jar } }\n'
    expect((await recipe({ 'build.gradle': '', 'naru.yaml': said })).kind).toBe('command')
  })
})
