import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository } from '../support/naru.ts'
import { stackFrame } from '../support/refusal.ts'

let naru: Naru
let shop: Repository
beforeAll(async () => {
  naru = await Naru.started()
  shop = await naru.repository('shop', webApp({ says: 'one' }))
  expect((await shop.push()).code).toBe(0)
})
afterAll(() => naru.close())

/** Pushes what cannot be deployed over what serves: it is refused, nothing is lost, and a good push is taken. */
async function refused(files: Record<string, string>, without: string[] = []): Promise<string> {
  await naru.git(['rm', '-q', '--', ...without], shop.folder)
  const { code, output } = await shop.deploy(files)

  expect(code).toBe(1)
  expect(output).toContain('! [remote rejected] main -> main')
  expect(output).not.toMatch(stackFrame)
  expect((await naru.visit('shop')).body).toBe('one')
  await naru.git(['reset', '-q', '--hard', 'naru/main'], shop.folder)
  expect((await shop.push()).output).toContain('Everything up-to-date')
  return output
}

const packageJson = (more: object) => JSON.stringify({ name: 'app', version: '1.0.0', ...more })

describe('a push of an app that cannot be built', () => {
  it('since no lockfile says which dependencies says to make one', async () => {
    const output = await refused({
      'package.json': packageJson({
        scripts: { start: 'node server.js' },
        dependencies: { ms: '2' },
      }),
    })
    expect(output).toContain('package.json names dependencies, but no package-lock.json')
    expect(output).toContain('npm install, then commit package-lock.json')
    expect(output).toContain('(build.no-lockfile)')
  })

  it('since nothing says how to start it says what was found and what to add', async () => {
    const output = await refused({ 'package.json': packageJson({ scripts: { lint: 'true' } }) }, [
      'naru.yaml',
      'server.js',
    ])
    expect(output).toContain('nothing says how to start web')
    expect(output).toContain('scripts: lint')
    expect(output).toContain('services.web.command')
    expect(output).toContain('(build.no-start)')
  })

  it('since its package.json is no JSON says so', async () => {
    const output = await refused({ 'package.json': '{ "name": ' }, ['naru.yaml'])
    expect(output).toContain('a package.json that is not valid JSON')
    expect(output).toContain('(build.no-start)')
  })

  it('since nothing in it is known says what lies in it', async () => {
    const output = await refused({ 'main.cob': 'STOP RUN.' }, [
      'naru.yaml',
      'server.js',
      'package.json',
    ])
    expect(output).toContain('does not know what to make of this repository: found main.cob')
    expect(output).toContain('(build.unrecognised)')
  })

  it('since nothing at all is in it says that', async () => {
    const output = await refused({}, ['naru.yaml', 'server.js', 'package.json'])
    expect(output).toContain('found no files')
    expect(output).toContain('(build.unrecognised)')
  })
})

describe('a push with mistakes in naru.yaml', () => {
  it('shows each with its line and column, and what was probably meant', async () => {
    const output = await refused({
      'naru.yaml': 'services:\n  web:\n    comand: node server.js\n    replicas: many\n',
    })
    expect(output).toMatch(
      /remote:.*naru\.yaml:3:5 services\.web\.comand.*did you mean "command"\?/,
    )
    expect(output).toMatch(/remote:.*naru\.yaml:4:15 services\.web\.replicas: found "?many/)
    expect(output).toContain('correct naru.yaml, then ship it again, by git push or naru deploy')
    expect(output).toContain('(spec.invalid)')
  })

  it('that is no YAML shows where it ends to be', async () => {
    const output = await refused({ 'naru.yaml': 'services:\n  web: {command: node server.js\n' })
    expect(output).toMatch(/remote:.*naru\.yaml:\d+:\d+/)
    expect(output).toContain('(spec.invalid)')
  })

  it('that is binary or huge is refused in a line each', async () => {
    for (const text of ['\0\x01\x02', `app: ${'x'.repeat(300_000)}\n`, 'a: &a [*a, *a]\nb: *a\n']) {
      const output = await refused({ 'naru.yaml': text })
      expect(output).toContain('(spec.invalid)')
      expect(Math.max(...output.split('\n').map((line) => line.length))).toBeLessThan(400)
    }
  })

  it.each([
    'x; touch hacked',
    '$(touch hacked)',
    '`touch hacked`',
    '../shop',
    'a/b',
    '-rf',
    'two\nlines',
    'nul\0l',
  ])('whose app is called %j is refused without an echo that could do harm', async (name) => {
    const output = await refused({ 'naru.yaml': `app: ${JSON.stringify(name)}\n` })
    expect(output).toContain('naru.yaml:1:6 app: found')
    expect(output).not.toContain('\0')
  })
})
