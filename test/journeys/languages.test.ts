import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appFiles, appFolder, appNames } from '../support/fixture-apps.ts'
import { Naru, type Repository, run } from '../support/naru.ts'

const cli = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url))

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

/** Short times where naru.yaml may say them without saying more than the app does. */
const quick = 'services:\n  web: { healthy-for: 200ms, healthy-within: 60s, settle: 500ms }\n'
/** These say it themselves; and a Procfile names the services of the app only where naru.yaml names none. */
const unhurried = new Set(['procfile', 'shell-command'])

async function repositoryOf(name: string): Promise<Repository> {
  const repository = await naru.repository(name, {})
  cpSync(appFolder(name), repository.folder, { recursive: true })
  const file = join(repository.folder, 'naru.yaml')
  const own = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (!unhurried.has(name)) writeFileSync(file, `${own}${quick}`)
  await repository.commit({})
  return repository
}

/** The file of the app that says hello, and what it says afterwards. */
function changed(name: string): Record<string, string> {
  const found = Object.entries(appFiles(name)).filter(([, text]) => text.includes('Hello from'))
  expect(found, 'files that say hello').toHaveLength(1)
  return Object.fromEntries(
    found.map(([path, text]) => [path, text.replaceAll('Hello from', 'Hello again from')]),
  )
}

/** What a second build of the app does not do again. */
const fromCache: Record<string, RegExp> = {
  'node-npm': /install {2}from cache/,
  'node-pnpm': /install {2}from cache/,
  'node-yarn': /install {2}from cache/,
  // Its build changes what was installed, so only from the next one on it is copied first, and kept.
  'node-build': /install {2}npm ci {2}/,
  vite: /install {2}from cache/,
  astro: /install {2}from cache/,
  'python-requirements': /install {2}from cache/,
  'python-pyproject': /install {2}from cache/,
  'python-uv': /install {2}from cache/,
  fastapi: /install {2}from cache/,
  django: /install {2}from cache/,
}

describe.concurrent('an app as its author has it, pushed', () => {
  it.each(appNames())(
    '%s answers, and again after a change of one line',
    async (name) => {
      const repository = await repositoryOf(name)

      const first = await repository.push()
      expect(first.output).toContain('live at')
      expect(first.code, first.output).toBe(0)
      expect((await naru.visit(name)).body).toContain(`Hello from ${name}`)

      const second = await repository.deploy(changed(name))
      expect(second.code, second.output).toBe(0)
      expect((await naru.visit(name)).body).toContain(`Hello again from ${name}`)
      const cached = fromCache[name]
      if (cached !== undefined) expect(second.output).toMatch(cached)
    },
    600_000,
  )
})

describe('an app with a Procfile', () => {
  it('runs its other process types too', async () => {
    const { stdout } = await naru.cli(['ps', '--app', 'procfile', '--json'])
    const { instances } = JSON.parse(stdout) as {
      instances: { service: string; release: number }[]
    }
    const workers = instances.filter(({ service }) => service === 'worker')
    expect(workers.map(({ release }) => release)).toEqual([2])
  })
})

describe('a Django app', () => {
  it('has its static files collected', async () => {
    expect((await naru.visit('django', '/style.css')).body).toContain('teal')
  })
})

describe('an app that cannot be built is refused in words', () => {
  const refused: [string, string, Record<string, string>, RegExp, RegExp][] = [
    [
      'Pipenv',
      'pipenv',
      { Pipfile: '', 'app.py': '' },
      /found Pipfile, but Naru does not build with Pipenv/,
      /→ pipenv requirements > requirements\.txt/,
    ],
    [
      'Gradle',
      'gradle',
      { 'build.gradle': '' },
      /found build\.gradle, but Naru does not build with Gradle/,
      /→ say it in naru\.yaml/,
    ],
    [
      'two programs',
      'two-programs',
      {
        'go.mod': 'module example.com/two\n',
        'cmd/api/main.go': 'package main\n',
        'cmd/admin/main.go': 'package main\n',
      },
      /\.\/cmd\/admin and \.\/cmd\/api could all be web/,
      /→ name it in naru\.yaml/,
    ],
    [
      'no server for its framework',
      'no-server',
      {
        'requirements.txt': 'fastapi==0.121.0\n',
        'main.py': 'from fastapi import FastAPI\napp = FastAPI()\n',
      },
      /FastAPI in main\.py, and no uvicorn/,
      /→ add "web: COMMAND" to a Procfile/,
    ],
  ]
  it.each(refused)('for %s', async (_why, name, files, message, hint) => {
    const repository = await naru.repository(name, files)

    const { code, output } = await repository.push()

    expect(code).not.toBe(0)
    expect(output).toMatch(message)
    expect(output).toMatch(hint)
  })

  it('for a tool that the machine does not have', async () => {
    // A Node.js and a git with nothing beside them: what lies beside Node.js is found as well.
    const programs = join(naru.folder, 'few-programs')
    const node = join(programs, 'node')
    mkdirSync(programs)
    copyFileSync(process.execPath, node)
    const git = (process.env['PATH'] ?? '').split(':').find((path) => existsSync(join(path, 'git')))
    symlinkSync(join(git ?? '', 'git'), join(programs, 'git'))
    const tools: [string, string][] = [
      ['python-requirements', 'Python 3'],
      ['go', 'Go'],
      ['rust', 'Rust (cargo)'],
      ['java-maven', 'Java'],
    ]
    for (const [name, tool] of tools) {
      const { code, output } = await run(node, [cli, 'build', '--print', appFolder(name)], {
        environment: naru.environment({ PATH: programs }),
      })
      expect(code).not.toBe(0)
      expect(output).toContain(`${tool} is not on this machine`)
      expect(output).toMatch(/→ apt-get install .*, or on macOS brew install /)
    }
  })
})
