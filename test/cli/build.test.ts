import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await Rig.made()
})
afterAll(() => rig.remove())

let count = 0
function folderWith(files: Record<string, string>): string {
  count += 1
  const folder = join(rig.work, `app-${count}`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const shop = {
  'naru.yaml': [
    'app: shop',
    'pipeline:',
    '  - test: node test.js',
    'jobs:',
    '  seed: { command: node seed.js, when: by-hand }',
    '',
  ].join('\n'),
  Procfile: 'web: node server.js\nrelease: node migrate.js\n',
  'package.json': JSON.stringify({ scripts: { build: 'node make.js' } }),
  '.gitignore': 'ignored/\n',
  'ignored/index.html': '',
  'node_modules/x/package.json': '{}',
}

describe('naru build --print', () => {
  it('shows what would be found, run and started, without a server and without building', async () => {
    const folder = folderWith(shop)
    const { code, stdout, stderr } = await rig.naru(['build', '--print'], { folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n')).toEqual([
      `${folder}, planned for this machine: Node.js ${process.versions.node}, ${process.platform} ${process.arch}`,
      '',
      'found: node',
      `  - node ${process.versions.node.split('.')[0]} (this machine's ${process.versions.node})`,
      '  - no dependencies, nothing to install',
      '  - the build script of package.json: node make.js',
      '  - web: node server.js (Procfile)',
      '  - before each rollout: node migrate.js (release in Procfile)',
      '',
      'steps',
      '  test   node test.js',
      '  build  npm run build',
      '',
      'services',
      '  web  node server.js',
      '',
      'jobs',
      '  release  node migrate.js (before-rollout)',
      '  seed     node seed.js (by-hand)',
      '',
    ])
  })

  it('is of the whole repository from anywhere in it, and of a named folder alone', async () => {
    const folder = folderWith({ ...shop, 'docs/site/index.html': 'docs' })
    await rig.git('init', '-q', folder)
    const inside = join(folder, 'docs/site')
    const whole = await rig.naru(['build', '--print'], { folder: inside })
    expect(whole.stdout).toContain('found: node')
    const alone = await rig.naru(['build', '--print', '.'], { folder: inside })
    expect(alone.stdout).toContain('found: static')
  })

  it('gives data with --json', async () => {
    const folder = folderWith({
      ...shop,
      'compose.yaml': 'services: { db: { image: postgres } }\n',
    })
    const { code, stdout } = await rig.naru(['build', '--print', '--json', folder])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      folder,
      kind: 'node',
      steps: [
        { name: 'test', command: 'node test.js' },
        { name: 'build', command: ['npm', 'run', 'build'] },
      ],
      services: { web: 'node server.js' },
      jobs: { release: { when: 'before-rollout' }, seed: { when: 'by-hand' } },
      foreign: [{ file: 'compose.yaml' }],
      machine: { node: process.versions.node },
    })
  })

  it('says in Korean what it says in English', async () => {
    const folder = folderWith({ 'index.html': '' })
    const { stdout } = await rig.naru(['build', '--print', '--lang', 'ko'], { folder })
    expect(stdout).toContain('찾은 것: static')
    expect(stdout).toContain('서비스\n  web  node .naru/static-server.cjs .')
  })

  const refused: [string, Record<string, string>, string][] = [
    ['an empty folder', { '.gitignore': '' }, '(build.unrecognised)'],
    [
      'dependencies without a lockfile',
      { 'package.json': '{"main":"a.js","dependencies":{"x":"1"}}', 'a.js': '' },
      '→ npm install, then commit package-lock.json',
    ],
    ['a Procfile that cannot be read', { Procfile: 'web node server.js' }, '(build.procfile)'],
    [
      'a mistake in naru.yaml',
      { 'naru.yaml': 'pipelin: []\n', 'index.html': '' },
      '(spec.invalid)',
    ],
    [
      'a folder that is not there',
      { 'naru.yaml': 'build: { folder: web }\n', 'www/index.html': '' },
      '(build.no-folder)',
    ],
  ]
  it.each(refused)('refuses %s as a push would', async (_title, files, says) => {
    const { code, stdout, stderr } = await rig.naru(['build', '--print'], {
      folder: folderWith(files),
    })
    expect(stdout).toBe('')
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('    at ')
    expect([7, 8]).toContain(code)
  })

  it('alone builds nothing, and says what does', async () => {
    const { code, stderr } = await rig.naru(['build'])
    expect(code).toBe(2)
    expect(stderr).toBe(
      '✖ naru build alone builds nothing: git push naru main and naru deploy do\n  → naru build --print\n  (usage.invalid)\n',
    )
  })
})
