import { describe, expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { type Ingredients, pathsToLookFor, type Recipe, recipeFor } from '../../src/build/recipe.ts'
import { type Command, defaultService, defaultSpec, type Spec } from '../../src/model/spec.ts'

const machine = { nodeVersion: '20.20.2', abi: '115', platform: 'linux', arch: 'x64' }
const dependencies = { 'is-number': '7.0.0' }
const devDependencies = { typescript: '5.9.3' }

type Given = {
  files?: string[]
  json?: object | string
  lockfile?: string | null
  npmrc?: string
  spec?: Partial<Spec>
}

function ingredients({ files = [], json, lockfile = null, npmrc, spec }: Given): Ingredients {
  const packageJson =
    json === undefined ? null : typeof json === 'string' ? json : JSON.stringify(json)
  return {
    files: [
      ...files,
      ...(packageJson === null ? [] : ['package.json']),
      ...(lockfile === null ? [] : ['package-lock.json']),
    ],
    packageJson,
    lockfile,
    npmrc: npmrc ?? null,
    spec: { ...defaultSpec, ...spec },
    machine,
  }
}

const recipe = (given: Given): Recipe => recipeFor(ingredients(given))
const web = (command: Command): Partial<Spec> => ({
  services: { web: { ...defaultService, command } },
})

/** Steps and start as one line each, the way the log says them. */
function said({ kind, steps, start }: Recipe) {
  const text = (command: Command | null) =>
    command === null ? '-' : typeof command === 'string' ? `sh: ${command}` : command.join(' ')
  return { kind, steps: steps.map((step) => text(step.command)), start: text(start) }
}

describe('a recipe is found from the files', () => {
  const golden: [string, Given, ReturnType<typeof said>][] = [
    [
      'Node.js without packages: nothing to install',
      { json: { scripts: { start: 'node server.js' } } },
      { kind: 'node', steps: [], start: 'sh: node server.js' },
    ],
    [
      'Node.js with packages: npm ci from the lockfile',
      { json: { scripts: { start: 'node .' }, dependencies }, lockfile: '{}' },
      { kind: 'node', steps: ['npm ci'], start: 'sh: node .' },
    ],
    [
      'packages for development are left out where nothing is built',
      {
        json: { scripts: { start: 'node .', test: 'x' }, dependencies, devDependencies },
        lockfile: '{}',
      },
      { kind: 'node', steps: ['npm ci --omit=dev'], start: 'sh: node .' },
    ],
    [
      'a build script runs with them, and they are removed after it',
      { json: { scripts: { build: 'tsc', start: 'node dist' }, devDependencies }, lockfile: '{}' },
      {
        kind: 'node',
        steps: ['npm ci', 'npm run build', 'npm prune --omit=dev --ignore-scripts'],
        start: 'sh: node dist',
      },
    ],
    [
      'without packages for development nothing needs removing',
      {
        json: { scripts: { build: 'node make.js', start: 'node dist' }, dependencies },
        lockfile: '{}',
      },
      { kind: 'node', steps: ['npm ci', 'npm run build'], start: 'sh: node dist' },
    ],
    [
      'build.command takes the place of the build script',
      {
        json: { scripts: { build: 'tsc', start: 'node dist' }, dependencies },
        lockfile: '{}',
        spec: { build: { command: 'make all' } },
      },
      { kind: 'node', steps: ['npm ci', 'sh: make all'], start: 'sh: node dist' },
    ],
    [
      'a prestart script needs npm',
      { json: { scripts: { prestart: 'node check.js', start: 'node server.js' } } },
      { kind: 'node', steps: [], start: 'npm start' },
    ],
    [
      "a start script that reads npm's variables needs npm",
      { json: { scripts: { start: 'echo $npm_package_version && node server.js' } } },
      { kind: 'node', steps: [], start: 'npm start' },
    ],
    [
      'main',
      { json: { main: './app.js' }, files: ['app.js'] },
      { kind: 'node', steps: [], start: 'node app.js' },
    ],
    [
      'main without .js',
      { json: { main: 'app' }, files: ['app.js'] },
      { kind: 'node', steps: [], start: 'node app.js' },
    ],
    [
      'a main that does not exist gives way to server.js',
      { json: { main: 'index.js' }, files: ['server.js'] },
      { kind: 'node', steps: [], start: 'node server.js' },
    ],
    [
      'a main that the build makes',
      { json: { main: 'dist/app.js', scripts: { build: 'node make.js' } } },
      { kind: 'node', steps: ['npm run build'], start: 'node dist/app.js' },
    ],
    [
      'server.js before index.js',
      { json: {}, files: ['index.js', 'server.js'] },
      { kind: 'node', steps: [], start: 'node server.js' },
    ],
    [
      'a command in naru.yaml needs no start script',
      { json: { dependencies }, lockfile: '{}', spec: web('node worker.js') },
      { kind: 'node', steps: ['npm ci'], start: '-' },
    ],
    [
      'an app with only a worker needs none either',
      {
        json: {},
        spec: { services: { worker: { ...defaultService, command: 'node w.js' } }, routes: [] },
      },
      { kind: 'node', steps: [], start: '-' },
    ],
    [
      'an install script of the app itself runs although there are no packages',
      { json: { scripts: { postinstall: 'node setup.js', start: 'node .' } }, lockfile: '{}' },
      { kind: 'node', steps: ['npm ci'], start: 'sh: node .' },
    ],
    [
      'static files in the root',
      { files: ['index.html', 'style.css'] },
      { kind: 'static', steps: [], start: 'node .naru/static-server.cjs .' },
    ],
    [
      'static files in public/',
      { files: ['public/', 'public/index.html', 'notes.txt'] },
      { kind: 'static', steps: [], start: 'node .naru/static-server.cjs public' },
    ],
    [
      'static files that a command completes',
      { files: ['index.html'], spec: { build: { command: 'sh make.sh' } } },
      { kind: 'static', steps: ['sh: sh make.sh'], start: 'node .naru/static-server.cjs .' },
    ],
    [
      'static files beside a package.json that starts nothing',
      { json: { devDependencies }, lockfile: '{}', files: ['public/', 'public/index.html'] },
      {
        kind: 'static',
        steps: ['npm ci --omit=dev'],
        start: 'node .naru/static-server.cjs public',
      },
    ],
    [
      'any command',
      { files: ['app.py'], spec: web(['python3', 'app.py']) },
      { kind: 'command', steps: [], start: '-' },
    ],
    [
      'a command beside files that could be served',
      {
        files: ['index.html', 'app.py'],
        spec: { ...web('python3 app.py'), build: { command: 'make' } },
      },
      { kind: 'command', steps: ['sh: make'], start: '-' },
    ],
  ]
  test.each(golden)('%s', (_title, given, expected) => {
    expect(said(recipe(given))).toEqual(expected)
  })

  test('it says why, in words', () => {
    const given = {
      json: { scripts: { build: 'tsc', start: 'node dist' }, dependencies },
      lockfile: '{}',
    }
    expect(recipe(given).reasons).toEqual([
      "node 20 (this machine's 20.20.2)",
      'npm ci from package-lock.json',
      'npm run build from package.json',
      'start: node dist (the start script of package.json, run without npm)',
    ])
  })

  test('it warns when package.json asks for another Node.js', () => {
    const given = (node: string) =>
      recipe({ json: { engines: { node }, main: 'a.js' }, files: ['a.js'] }).reasons[0]
    expect(given('>=22')).toBe(
      "warning: node 20 (this machine's 20.20.2), although package.json asks for >=22",
    )
    for (const range of [
      '>=18',
      '20',
      '20.x',
      '^20.1.0',
      '~20.20',
      '18 || 20',
      '>=18 <21',
      '18 - 20',
      '*',
      'lts/*',
    ]) {
      expect(given(range)).toBe("node 20 (this machine's 20.20.2)")
    }
    for (const range of [
      '18',
      '^18.0.0',
      '~20.19.0',
      '<20',
      '>20',
      '>=18 <20',
      '16 - 18',
      '20.20.1',
    ]) {
      expect(given(range)).toMatch(/^warning/)
    }
  })

  test('main is looked for where Node.js would look', () => {
    expect(pathsToLookFor('{"main":"./lib/"}')).toEqual([
      'public/index.html',
      'lib',
      'lib.js',
      'lib/index.js',
    ])
    for (const main of ['../../etc/passwd', '/etc/passwd', '--eval', '.', 'a\nb']) {
      expect(pathsToLookFor(JSON.stringify({ main }))).toEqual(['public/index.html'])
    }
  })
})

describe('a recipe is refused', () => {
  const refusal = (given: Given) => {
    try {
      recipe(given)
    } catch (error) {
      if (error instanceof NaruError) return error.problem
      throw error
    }
    return null
  }

  test('without a lockfile although there are packages', () => {
    expect(refusal({ json: { main: 'a.js', dependencies }, files: ['a.js'] })).toMatchObject({
      code: 'build.no-lockfile',
    })
    expect(
      refusal({ json: { main: 'a.js', devDependencies }, files: ['a.js', 'yarn.lock'] }),
    ).toMatchObject({
      code: 'build.no-lockfile',
    })
  })

  test('when nothing says how to start it', () => {
    expect(refusal({ json: { scripts: { test: 'x', dev: 'vite' } } })).toEqual({
      code: 'build.no-start',
      facts: {
        found:
          'a package.json without a start script, a "main" that exists, server.js or index.js (scripts: test, dev)',
      },
    })
    expect(refusal({ json: '{ "scripts": ' })).toEqual({
      code: 'build.no-start',
      facts: { found: 'a package.json that is not valid JSON' },
    })
    expect(refusal({ json: '["no object"]' })).toMatchObject({ code: 'build.no-start' })
  })

  test('when nothing is recognised, with what was found', () => {
    expect(refusal({ files: ['main.go', 'go.mod', 'cmd/'] })).toEqual({
      code: 'build.unrecognised',
      facts: { files: ['cmd/', 'go.mod', 'main.go'] },
    })
    expect(refusal({})).toEqual({ code: 'build.unrecognised', facts: { files: [] } })
  })

  test('never by a package.json with parts of the wrong type', () => {
    const json = {
      scripts: ['a'],
      main: 3,
      dependencies: null,
      engines: 'x',
      workspaces: undefined,
    }
    expect(said(recipe({ json, files: ['index.js'] }))).toEqual({
      kind: 'node',
      steps: [],
      start: 'node index.js',
    })
  })
})

describe('installed packages are kept', () => {
  const base = { json: { main: 'a.js', dependencies }, files: ['a.js'], lockfile: '{"a":1}' }
  const key = (given: Given) => recipe(given).steps[0]?.cached

  test('under a key of everything that decides what is installed', () => {
    const keys = [
      key(base),
      key({ ...base, lockfile: '{"a":2}' }),
      key({ ...base, npmrc: 'legacy-peer-deps=true' }),
      key({ ...base, json: { main: 'a.js', dependencies: { 'is-number': '7.0.1' } } }),
      key({ ...base, json: { main: 'a.js', dependencies, overrides: { x: '1' } } }),
      key({ ...base, json: { main: 'a.js', dependencies, devDependencies } }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).not.toContain(undefined)
  })

  test('when anything else of package.json changes', () => {
    expect(
      key({
        ...base,
        json: { version: '2.0.0', main: 'a.js', scripts: { test: 'x' }, dependencies },
      }),
    ).toBe(key(base))
  })

  const never: [string, Given][] = [
    [
      'an install script',
      { ...base, json: { main: 'a.js', dependencies, scripts: { postinstall: 'x' } } },
    ],
    [
      'a prepare script',
      { ...base, json: { main: 'a.js', dependencies, scripts: { prepare: 'x' } } },
    ],
    ['workspaces', { ...base, json: { main: 'a.js', dependencies, workspaces: ['p/*'] } }],
    [
      'a package from a folder',
      { ...base, json: { main: 'a.js', dependencies: { p: 'file:./p' } } },
    ],
    ['a path as its version', { ...base, json: { main: 'a.js', dependencies: { p: '../p' } } }],
    ['a link in the lockfile', { ...base, lockfile: '{"packages":{"p":{"link": true}}}' }],
    [
      'an archive of the commit',
      { ...base, lockfile: '{"packages":{"p":{"resolved": "file:p.tgz"}}}' },
    ],
    ['a binding.gyp', { ...base, files: ['a.js', 'binding.gyp'] }],
  ]
  test.each(never)('never with %s, and it says so', (_title, given) => {
    expect(key(given)).toBeUndefined()
    expect(recipe(given).reasons.join('\n')).toMatch(/installed anew in each build: /)
  })
})
