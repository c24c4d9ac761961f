import { describe, expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { appFiles, commitFiles } from '../../src/build/commit-files.ts'
import { recipeFor } from '../../src/build/recipe.ts'
import type { Machine } from '../../src/build/recipe-types.ts'
import {
  type Command,
  defaultBuild,
  defaultService,
  defaultSpec,
  type Spec,
} from '../../src/model/spec.ts'
import { inWords, type Said } from '../support/build-lines.ts'

const machine: Machine = {
  nodeVersion: '20.20.2',
  abi: '115',
  platform: 'linux',
  arch: 'x64',
  tool: async (name) => (name === 'npm' ? { path: '/usr/bin/npm', version: '10.8.2' } : null),
}
const dependencies = { 'is-number': '7.0.0' }
const devDependencies = { typescript: '5.9.3' }

type Given = {
  /** Names of files, or their texts by name. */
  files?: string[] | Record<string, string>
  json?: object | string
  lockfile?: string | null
  npmrc?: string
  spec?: Partial<Spec>
  machine?: Machine
}

/** With its reasons as sentences. */
async function recipe(given: Given): Promise<Said> {
  const { files = {}, json, lockfile = null, npmrc, spec } = given
  const texts: Record<string, string> = Array.isArray(files)
    ? Object.fromEntries(files.map((name) => [name, '']))
    : { ...files }
  if (json !== undefined)
    texts['package.json'] = typeof json === 'string' ? json : JSON.stringify(json)
  if (lockfile !== null) texts['package-lock.json'] = lockfile
  if (npmrc !== undefined) texts['.npmrc'] = npmrc
  const entries = Object.keys(texts).map((path) => ({ path, kind: 'file' as const }))
  const whole = { ...defaultSpec, ...spec }
  const all = commitFiles(entries, async (path) => texts[path])
  return inWords(
    await recipeFor(appFiles(all, whole.build.folder), whole, given.machine ?? machine),
  )
}

const web = (command: Command): Partial<Spec> => ({
  services: { web: { ...defaultService, command } },
})
const build = (given: Partial<Spec['build']>): Partial<Spec> => ({
  build: { ...defaultBuild, ...given },
})

/** Steps and start as one line each, the way the log says them. */
function said({ kind, steps, services }: Said) {
  const text = (command: Command | undefined) =>
    command === undefined ? '-' : typeof command === 'string' ? `sh: ${command}` : command.join(' ')
  return { kind, steps: steps.map((step) => text(step.command)), start: text(services['web']) }
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
        spec: build({ command: 'make all' }),
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
      { files: ['index.html'], spec: build({ command: 'sh make.sh' }) },
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
      'a site of Vite, with its index.html in the root',
      {
        json: {
          main: 'index.js',
          scripts: { dev: 'vite', build: 'vite build' },
          devDependencies: { vite: '6.0.0' },
        },
        lockfile: '{}',
        files: ['index.html'],
      },
      {
        kind: 'static',
        steps: ['npm ci', 'npm run build'],
        start: 'node .naru/static-server.cjs site',
      },
    ],
    [
      'a site whose start script is a server for development',
      {
        json: {
          scripts: { start: 'react-scripts start', build: 'react-scripts build' },
          dependencies: { 'react-scripts': '5.0.1' },
        },
        lockfile: '{}',
        spec: build({ fallback: true }),
      },
      {
        kind: 'static',
        steps: ['npm ci', 'npm run build'],
        start: 'node .naru/static-server.cjs site --fallback',
      },
    ],
    [
      'a server that Vite makes is started, and no site',
      {
        json: {
          scripts: { build: 'vite build --ssr', start: 'node dist/server.js' },
          devDependencies: { vite: '6.0.0' },
        },
        lockfile: '{}',
      },
      {
        kind: 'node',
        steps: ['npm ci', 'npm run build', 'npm prune --omit=dev --ignore-scripts'],
        start: 'sh: node dist/server.js',
      },
    ],
    [
      'Astro with its server',
      {
        json: {
          scripts: { build: 'astro build' },
          dependencies: { astro: '5.0.0', '@astrojs/node': '9.0.0' },
        },
        lockfile: '{}',
      },
      { kind: 'node', steps: ['npm ci', 'npm run build'], start: 'node dist/server/entry.mjs' },
    ],
    [
      'a start script that is only another script of yarn',
      {
        json: { scripts: { start: 'yarn serve', serve: 'node server.js' } },
      },
      { kind: 'node', steps: [], start: 'sh: node server.js' },
    ],
    [
      'steps of the pipeline have the packages for development, though nothing is built',
      {
        json: { scripts: { start: 'node .', test: 'x' }, dependencies, devDependencies },
        lockfile: '{}',
        spec: { pipeline: [{ name: 'test', command: 'npm test' }] },
      },
      {
        kind: 'node',
        steps: ['npm ci', 'sh: npm test', 'npm prune --omit=dev --ignore-scripts'],
        start: 'sh: node .',
      },
    ],
    [
      'a Procfile beside a language starts what the language has built',
      {
        files: { Procfile: 'web: node dist --port $PORT' },
        json: { scripts: { build: 'tsc', start: 'node wrong' }, dependencies },
        lockfile: '{}',
      },
      { kind: 'node', steps: ['npm ci', 'npm run build'], start: 'sh: node dist --port $PORT' },
    ],
    [
      'a Procfile alone starts the files as they are',
      { files: { Procfile: 'web: ./run "$PORT"', run: '' }, spec: build({ command: 'make' }) },
      { kind: 'procfile', steps: ['sh: make'], start: 'sh: ./run "$PORT"' },
    ],
    [
      'build.output is served, whatever the Procfile starts',
      {
        files: { Procfile: 'web: ./run' },
        spec: build({ command: 'hugo', output: 'public' }),
      },
      { kind: 'static', steps: ['sh: hugo'], start: 'node .naru/static-server.cjs site' },
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
        spec: { ...web('python3 app.py'), ...build({ command: 'make' }) },
      },
      { kind: 'command', steps: ['sh: make'], start: '-' },
    ],
  ]
  test.each(golden)('%s', async (_title, given, expected) => {
    expect(said(await recipe(given))).toEqual(expected)
  })

  test('it says why, in words', async () => {
    const given = {
      json: { scripts: { build: 'tsc', start: 'node dist' }, dependencies },
      lockfile: '{}',
    }
    expect((await recipe(given)).reasons).toEqual([
      "node 20 (this machine's 20.20.2)",
      'npm ci from package-lock.json',
      'the build script of package.json: tsc',
      'start: node dist (the start script of package.json, run without npm)',
    ])
  })

  test('it says which Node.js package.json asks for, and warns when this is another', async () => {
    const given = async (node: string, npmrc?: string) =>
      (
        await recipe({
          json: { engines: { node }, main: 'a.js' },
          files: ['a.js'],
          ...(npmrc ? { npmrc } : {}),
        })
      ).reasons[0]
    expect(await given('>=22')).toBe(
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
    ]) {
      expect(await given(range)).toBe(`node 20 from engines (${range}; this machine's 20.20.2)`)
    }
    expect(await given('lts/*')).toBe("node 20 (this machine's 20.20.2)")
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
      expect(await given(range)).toMatch(/^warning/)
    }
    expect(await given('>=18', 'engine-strict=true')).toMatch(/^node 20 from engines/)
    await expect(given('>=22', 'a=b\nengine-strict = true\n')).rejects.toMatchObject({
      code: 'build.engine',
      facts: { wanted: '>=22', found: '20.20.2' },
    })
  })

  test('a Procfile of workers alone wants no web, unless the files start one themselves', async () => {
    const files = { Procfile: 'worker: node worker.js\n', 'worker.js': '' }
    const startless = { scripts: { build: 'tsc' } }
    const servicesOf = async (given: Given) => Object.keys((await recipe(given)).services).sort()
    expect(await recipe({ files })).toMatchObject({
      kind: 'procfile',
      services: { worker: 'node worker.js' },
      reasons: expect.arrayContaining([
        'no web, and no route: the Procfile names only other services',
      ]),
    })
    expect(await servicesOf({ files, json: {} })).toEqual(['worker'])
    expect(await recipe({ files, json: startless })).toMatchObject({
      kind: 'node',
      services: { worker: 'node worker.js' },
      steps: [{ name: 'build' }],
    })
    const starts = { scripts: { start: 'node server.js' } }
    expect(await servicesOf({ files, json: starts })).toEqual(['web', 'worker'])
    const named = { servicesNamed: true, services: { web: defaultService } }
    await expect(recipe({ files, json: {}, spec: named })).rejects.toThrow('build.no-start')
  })

  test('a Procfile names further services, and its release is a job', async () => {
    const files = { Procfile: 'web: a\nworker: b\nrelease: c\n' }
    const spec = web('own')
    expect(await recipe({ files, spec })).toMatchObject({
      services: { web: 'a', worker: 'b' },
      jobs: { release: { command: 'c', when: 'before-rollout' } },
      reasons: [
        'files as they are',
        'worker: b (Procfile)',
        'web is started as naru.yaml says, not as the Procfile does',
        'before each rollout: c (release in Procfile)',
      ],
    })
  })

  test('several lockfiles: the one that packageManager means, and the others are named', async () => {
    const files = {
      'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
      'yarn.lock': '# yarn lockfile v1\n',
    }
    const json = { main: 'a.js', dependencies, packageManager: 'pnpm@9.15.9' }
    const given = { files: { ...files, 'a.js': '' }, json }
    const reasons = (await recipe(given)).reasons
    expect(reasons).toContain('not read beside pnpm-lock.yaml: yarn.lock')
    expect(reasons).toContain(
      'pnpm 9.15.9 from packageManager, fetched from the npm registry by npx',
    )
    expect(
      (await recipe({ ...given, lockfile: '{}', json: { ...json, packageManager: 'bun@1.0.0' } }))
        .reasons,
    ).toContain('not read beside package-lock.json: pnpm-lock.yaml, yarn.lock')
    expect((await recipe({ files: { 'a.js': '' }, json, lockfile: '{}' })).reasons).toContain(
      'warning: package.json asks for pnpm, but there is only package-lock.json',
    )
  })

  test('a package manager of the machine is used where it reads the lockfile', async () => {
    const pnpm = (version: string): Machine => ({
      ...machine,
      tool: async (name) => (name === 'pnpm' ? { path: '/usr/bin/pnpm', version } : null),
    })
    const given = (version: string, lock: string) =>
      recipe({
        files: { 'a.js': '', 'pnpm-lock.yaml': `lockfileVersion: ${lock}\n` },
        json: { main: 'a.js', dependencies },
        machine: pnpm(version),
      })
    const first = async (version: string, lock: string) => said(await given(version, lock)).steps[0]
    expect(await first('10.1.0', "'9.0'")).toMatch(/^pnpm install /)
    expect(await first('10.1.0', "'6.0'")).toMatch(
      /^npx --yes --package=pnpm@8\.15\.9 -- pnpm install /,
    )
    expect(await first('8.2.0', "'6.0'")).toMatch(/^pnpm install /)
    expect(await first('8.2.0', '5.4')).toMatch(/^npx --yes --package=pnpm@7\.33\.7 /)
  })

  test('main is looked for where Node.js would look, and nowhere else', async () => {
    const start = async (main: string, file: string) =>
      (await recipe({ json: { main }, files: [file] })).services['web']
    expect(await start('./lib/', 'lib.js')).toEqual(['node', 'lib.js'])
    expect(await start('./lib/', 'lib/index.js')).toEqual(['node', 'lib/index.js'])
    for (const main of ['../../etc/passwd', '/etc/passwd', '--eval', '.', 'a\nb']) {
      expect(await start(main, 'index.js')).toEqual(['node', 'index.js'])
    }
  })
})

describe('a recipe is refused', () => {
  const refusal = async (given: Given) => {
    try {
      await recipe(given)
    } catch (error) {
      if (error instanceof NaruError) return error.problem
      throw error
    }
    return null
  }

  test('without a lockfile although there are packages', async () => {
    expect(await refusal({ json: { main: 'a.js', dependencies }, files: ['a.js'] })).toMatchObject({
      code: 'build.no-lockfile',
    })
    expect(
      await refusal({
        json: { main: 'a.js', devDependencies, packageManager: 'pnpm@9.15.9' },
        files: ['a.js'],
      }),
    ).toEqual({
      code: 'build.no-lockfile',
      facts: { manager: 'pnpm', lockfile: 'pnpm-lock.yaml' },
    })
  })

  test('when nothing says how to start it', async () => {
    expect(await refusal({ json: { scripts: { test: 'x', dev: 'vite' } } })).toEqual({
      code: 'build.no-start',
      facts: {
        found:
          'a package.json without a start script, a "main" that exists, server.js or index.js (scripts: test, dev)',
      },
    })
    expect(await refusal({ json: '{ "scripts": ' })).toEqual({
      code: 'build.no-start',
      facts: { found: 'a package.json that is not valid JSON' },
    })
    expect(await refusal({ files: { Procfile: 'release: a' } })).toEqual({
      code: 'build.no-start',
      facts: { found: 'a Procfile without web' },
    })
    expect(await refusal({ json: '["no object"]' })).toMatchObject({ code: 'build.no-start' })
  })

  test('when nothing is recognised, with what was found', async () => {
    expect(await refusal({ files: ['main.rb', 'Gemfile', 'lib/shop.rb'] })).toEqual({
      code: 'build.unrecognised',
      facts: { files: ['Gemfile', 'lib/', 'main.rb'] },
    })
    expect(await refusal({})).toEqual({ code: 'build.unrecognised', facts: { files: [] } })
  })

  test('never by a package.json with parts of the wrong type', async () => {
    const json = {
      scripts: ['a'],
      main: 3,
      dependencies: null,
      engines: 'x',
      workspaces: undefined,
    }
    expect(said(await recipe({ json, files: ['index.js'] }))).toEqual({
      kind: 'node',
      steps: [],
      start: 'node index.js',
    })
  })
})

describe('installed packages are kept', () => {
  const base = { json: { main: 'a.js', dependencies }, files: ['a.js'], lockfile: '{"a":1}' }
  const key = async (given: Given) => (await recipe(given)).steps[0]?.cached

  test('under a key of everything that decides what is installed', async () => {
    const keys = [
      await key(base),
      await key({ ...base, lockfile: '{"a":2}' }),
      await key({ ...base, npmrc: 'legacy-peer-deps=true' }),
      await key({ ...base, json: { main: 'a.js', dependencies: { 'is-number': '7.0.1' } } }),
      await key({ ...base, json: { main: 'a.js', dependencies, overrides: { x: '1' } } }),
      await key({ ...base, json: { main: 'a.js', dependencies, devDependencies } }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys).not.toContain(undefined)
  })

  test('when anything else of package.json changes', async () => {
    expect(
      await key({
        ...base,
        json: { version: '2.0.0', main: 'a.js', scripts: { test: 'x' }, dependencies },
      }),
    ).toBe(await key(base))
  })

  const workspace = (own: object): Given => ({
    ...base,
    json: { main: 'a.js', dependencies, workspaces: ['p/*'] },
    files: { 'a.js': '', 'p/a/package.json': JSON.stringify(own) },
  })

  test('for each package of a workspace, as the lockfile names them', async () => {
    const packages = { '': {}, 'p/a': {}, 'node_modules/a': { link: true, resolved: 'p/a' } }
    const given = { ...workspace({ name: 'a' }), lockfile: JSON.stringify({ packages }) }
    const [step] = (await recipe(given)).steps
    expect(step?.keeps).toEqual(['node_modules', 'p/a/node_modules'])
    expect(await key(workspace({ name: 'a' }))).not.toBe(await key(workspace({ name: 'b' })))
    expect(await key(workspace({ name: 'a', main: 'x' }))).toBe(await key(workspace({ name: 'a' })))
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
    ['a package of a workspace that has programs', workspace({ bin: 'a.js' })],
    [
      'a package of a workspace that has an install script',
      workspace({ scripts: { postinstall: 'x' } }),
    ],
    [
      'a package of a workspace that needs a folder',
      workspace({ dependencies: { p: 'file:../p' } }),
    ],
    [
      'packages in the commit itself',
      {
        ...workspace({}),
        files: { 'a.js': '', 'p/a/package.json': '{}', 'p/a/node_modules/x/a.js': '' },
      },
    ],
    [
      'a plugin of yarn',
      {
        json: { main: 'a.js', dependencies, packageManager: 'yarn@4.9.2' },
        files: { 'a.js': '', 'yarn.lock': '__metadata:\n', '.yarn/plugins/x.cjs': '' },
      },
    ],
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
  test.each(never)('never with %s, and it says so', async (_title, given) => {
    expect(await key(given)).toBeUndefined()
    expect((await recipe(given)).reasons.join('\n')).toMatch(/installed anew in each build: /)
  })
})
