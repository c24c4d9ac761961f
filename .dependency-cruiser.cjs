// Which folder may import which: the table in CONTRIBUTING.md. Down only, never sideways, no circles.
const stages = 'source|build|release|rollout|observe|notify|learn|schedule|access'
const outside = 'engine|route|store'

/** `folders` may import themselves and `below`, and nothing else of ours. */
const row = (folders, below) => ({
  name: `${folders.replaceAll('|', ', ')}: down only`,
  severity: 'error',
  from: { path: `^src/(${folders})/` },
  to: { path: '^src/', pathNot: [`^src/$1/`, ...(below ? [`^src/(?:${below})/`] : [])] },
})

/** A library that one place alone may name. */
const only = (library, place) => ({
  name: `${library} only in ${place}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(?:${place})` },
  to: { path: `(?:^|/)node_modules/${library}/` },
})

module.exports = {
  forbidden: [
    { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
    row('base', ''),
    row('model', 'base'),
    row(outside, 'base|model'),
    row(stages, `base|model|${outside}`),
    row('deploy', `base|model|${outside}|${stages}`),
    row('contract', 'base|model'),
    // The command line speaks to the server through the API alone; git's hook and credential helper are its own.
    row('cli', 'base|model|contract|source'),
    row('server', `base|model|${outside}|${stages}|deploy|contract`),
    {
      name: 'nobody imports a program',
      severity: 'error',
      from: { pathNot: '^src/main/' },
      to: { path: '^src/main/' },
    },
    {
      name: 'the product imports nothing of its tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(?:test|bench|scripts|examples)/' },
    },
    {
      name: 'every import is found',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'the product needs no development dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: '@types/' },
    },
    only('better-sqlite3', 'store/driver\\.ts'),
    only('kysely', 'store/'),
    only('undici', 'route/builtin/'),
    only('(?:fastify|@fastify|fastify-type-provider-zod)', 'server/'),
    only('commander', 'cli/'),
    only('@lydell/node-pty', 'engine/process/'),
    only('ws', '(?:contract/command|server/run)\\.ts'),
    only('tar-stream', '(?:source/|build/image/context\\.ts)'),
    only('dockerode', 'engine/docker/'),
    only('@balena/dockerignore', 'build/image/'),
    only('yauzl', 'source/'),
    only('ignore', 'cli/'),
    only('yaml', '(?:model/yaml-tree|cli/app-name)\\.ts'),
    only('zod', '(?:contract|server)/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/fixtures/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
