import { describe, expect, test } from 'vitest'
import { english } from '../../src/contract/words/english/english.ts'
import { korean } from '../../src/contract/words/korean/korean.ts'
import { foreignFileNames, readForeignFiles } from '../../src/model/foreign-files.ts'
import { sentences } from './sentences.ts'

/** What a person reads, without the name of the file. */
const told = (file: string, text: string): string[] =>
  readForeignFiles({ [file]: text }).map((note) => english.foreign(note).replace(`${file}:`, ''))

const compose = `name: shop
version: "3.9"
x-common: &common
  restart: always
  logging: { driver: none }
services:
  web:
    <<: *common
    build: { context: ./apps/web, dockerfile: Dockerfile.prod }
    command: ["node", "server.js"]
    ports: ["3000:3000"]
    environment:
      LOG_LEVEL: info
      API_KEY: hunter2-canary
    healthcheck: { test: curl -f http://localhost:3000/healthz || exit 1, interval: 5s }
    deploy: { replicas: 2, resources: { limits: { memory: 50M } } }
    stop_grace_period: 20s
    volumes: [data:/data]
  Send_Mail:
    build: .
    command: node mail.js --password=hunter2-canary
    environment: [SMTP_HOST=hunter2-canary, SMTP_USER]
    depends_on: [db]
  db:
    image: postgres:16
    environment: { POSTGRES_PASSWORD: hunter2-canary }
  proxy:
    image: nginx
volumes: { data: {} }
`

describe('a compose.yaml is named, key by key, with what it would be in naru.yaml', () => {
  test('with its services, and never with a value that may be secret', () => {
    expect(told('compose.yaml', compose)).toEqual([
      '1 name: not applied; in naru.yaml it is app: shop',
      '2 version: not needed: it says nothing about the app',
      '3 x-common: not needed: it is read where an alias names it',
      '4 services.web.restart: not needed: Naru starts again what ends',
      '5 services.web.logging: has no meaning here',
      '9 services.web.build: not applied; in naru.yaml it is build: { folder: apps/web }',
      '9 services.web.build.dockerfile: has no meaning here',
      '10 services.web.command: not applied; in naru.yaml it is services: { web: { command: [node, server.js] } }',
      '11 services.web.ports: not needed: Naru gives each instance its port as PORT',
      '12 services.web.environment: not applied; LOG_LEVEL and API_KEY get their values by naru settings set NAME=VALUE or naru secret set NAME',
      '15 services.web.healthcheck: not applied; in naru.yaml it is services: { web: { health: { path: /healthz, every: 5s } } }',
      '16 services.web.deploy: not applied; in naru.yaml it is services: { web: { replicas: 2 } }',
      '16 services.web.deploy.resources: has no meaning here',
      '17 services.web.stop_grace_period: not applied; in naru.yaml it is services: { web: { stop: { grace: 20s } } }',
      '18 services.web.volumes: has no meaning here',
      '20 services.Send_Mail.build: not needed: Naru finds out how to build from the files',
      '21 services.Send_Mail.command: not applied; in naru.yaml it is services: { send-mail: { command: "…" } }',
      '22 services.Send_Mail.environment: not applied; SMTP_HOST and SMTP_USER get their values by naru settings set NAME=VALUE or naru secret set NAME',
      '23 services.Send_Mail.depends_on: not needed: the services of an app start together on one machine',
      '24 services.db: Naru does not run "postgres:16"; run it elsewhere and give its address by naru secret set NAME',
      '26 services.db.environment: not applied; POSTGRES_PASSWORD gets its value by naru settings set NAME=VALUE or naru secret set NAME',
      '27 services.proxy: has no meaning here',
      '29 volumes: has no meaning here',
    ])
  })

  test.each(['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'])(
    'under the name %s',
    (file) => {
      expect(told(file, 'services: { web: { ports: [80] } }')).toHaveLength(2)
    },
  )
})

describe("Heroku's app.json is named", () => {
  test('with its settings, numbers of instances and scripts', () => {
    const text = `{
  "name": "shop",
  "description": "A shop",
  "env": { "SECRET_KEY": { "generator": "secret" }, "LOG_LEVEL": "hunter2-canary" },
  "formation": {
    "web": { "quantity": 2, "size": "standard-1x" },
    "worker": { "quantity": 900 }
  },
\t"addons": ["heroku-postgresql", { "plan": "heroku-redis:mini" }],
  "buildpacks": [{ "url": "heroku/nodejs" }],
  "scripts": {
    "postdeploy": "node seed.js",
    "dokku": { "predeploy": "npm run migrate" },
    "test": "npm test"
  },
  "healthchecks": { "web": [{ "type": "startup", "path": "/up" }] },
  "environments": { "test": {} }
}`
    expect(told('app.json', text)).toEqual([
      '2 name: not applied; in naru.yaml it is app: shop',
      '3 description: not needed: it describes the app for people',
      '4 env: not applied; SECRET_KEY and LOG_LEVEL get their values by naru settings set NAME=VALUE or naru secret set NAME',
      '6 formation.web: not applied; in naru.yaml it is services: { web: { replicas: 2 } }',
      '6 formation.web.size: has no meaning here',
      '7 formation.worker: has no meaning here',
      '9 addons[0]: Naru does not run "heroku-postgresql"; run it elsewhere and give its address by naru secret set NAME',
      '9 addons[1]: Naru does not run "heroku-redis:mini"; run it elsewhere and give its address by naru secret set NAME',
      '10 buildpacks: not needed: Naru finds out how to build from the files',
      '12 scripts.postdeploy: not applied; in naru.yaml it is jobs: { postdeploy: { command: node seed.js } }',
      '13 scripts.dokku.predeploy: not applied; in naru.yaml it is jobs: { release: { command: npm run migrate, when: before-rollout } }',
      '14 scripts.test: not applied; in naru.yaml it is pipeline: [{ test: npm test }]',
      '16 healthchecks.web: not applied; in naru.yaml it is services: { web: { health: { path: /up } } }',
      '17 environments: has no meaning here',
    ])
  })

  test("and so is another tool's file of that name", () => {
    expect(told('app.json', '{ "expo": { "name": "x" } }')).toEqual(['1 expo: has no meaning here'])
  })
})

describe("Fly.io's fly.toml is named", () => {
  test('with its processes, checks and release command', () => {
    const text = `app = "shop"
primary_region = "ams"
kill_signal = "SIGINT"
kill_timeout = 20

[build]
builder = "paketobuildpacks/builder:base"
dockerfile = "Dockerfile"

[deploy]
release_command = "bin/rails db:migrate"
strategy = "bluegreen"

[env]
LOG_LEVEL = "hunter2-canary"

[processes]
app = "bin/rails server"
worker = "bundle exec sidekiq"

[http_service]
internal_port = 8080
force_https = true
min_machines_running = 1

[[http_service.checks]]
interval = "10s"
path = "/up"

[mounts]
source = "data"
`
    expect(told('fly.toml', text)).toEqual([
      '1 app: not applied; in naru.yaml it is app: shop',
      '2 primary_region: has no meaning here',
      '3 kill_signal: not applied; in naru.yaml it is services: { web: { stop: { signal: SIGINT } } }',
      '4 kill_timeout: not applied; in naru.yaml it is services: { web: { stop: { grace: 20s } } }',
      '7 build.builder: not needed: Naru finds out how to build from the files',
      '8 build.dockerfile: has no meaning here',
      '11 deploy.release_command: not applied; in naru.yaml it is jobs: { release: { command: "bin/rails db:migrate", when: before-rollout } }',
      '12 deploy.strategy: not applied; in naru.yaml it is strategy: blue-green',
      '14 env: not applied; LOG_LEVEL gets its value by naru settings set NAME=VALUE or naru secret set NAME',
      '18 processes.app: not applied; in naru.yaml it is services: { web: { command: bin/rails server } }',
      '19 processes.worker: not applied; in naru.yaml it is services: { worker: { command: bundle exec sidekiq } }',
      '22 http_service.internal_port: not needed: Naru gives each instance its port as PORT',
      '23 http_service.force_https: not needed: the router of Naru speaks HTTP for every app',
      '24 http_service.min_machines_running: has no meaning here',
      '26 http_service.checks: not applied; in naru.yaml it is services: { web: { health: { path: /up, every: 10s } } }',
      '30 mounts: has no meaning here',
    ])
  })
})

test('what is to be written into naru.yaml can be written there', () => {
  const odd = [
    'node server.js',
    'sh -c "echo $PORT: {x}"',
    "it's # fine",
    'yes',
    '- x',
    '@x',
    '나루 \u202E x',
    'a, b]',
  ]
  const files = odd.map((command) => JSON.stringify({ services: { web: { command } } }))
  const notes = [...files, compose].flatMap((text) => readForeignFiles({ 'compose.yaml': text }))
  const lines = notes.flatMap(({ means }) => (means?.is === 'write' ? [means.write] : []))
  expect(lines.length).toBeGreaterThan(10)
  for (const line of lines) {
    const needsCommand = /^services: \{ (?!web)[\w-]+: \{ (?!command)/.test(line)
    expect(needsCommand ? [] : sentences(line), line).toEqual([])
  }
})

test('files come in their order, and one that is not there says nothing', () => {
  const notes = readForeignFiles({ 'fly.toml': 'app = "a"', 'compose.yaml': 'name: b', other: 'x' })
  expect(notes.map(({ file }) => file)).toEqual(['compose.yaml', 'fly.toml'])
  expect(readForeignFiles({})).toEqual([])
})

describe('a file that is broken or hostile is named as well, and breaks nothing', () => {
  test.each([
    ['an open bracket', 'compose.yaml', 'services: [a', 1],
    ['a key twice', 'compose.yaml', 'name: a\nname: b\n', 2],
    ['half a file', 'app.json', '{ "name": ', 1],
    ['a key without a value', 'fly.toml', 'app = "a"\nenv = \n', 2],
    ['deep lists in TOML', 'fly.toml', `a = ${'['.repeat(5000)}`, 1],
    ['a long file', 'fly.toml', `# ${'x'.repeat(300_000)}`, 1],
    ['deep lists in JSON', 'app.json', '['.repeat(100_000), 1],
    ['an escape sequence', 'app.json', '\u001b[31m', 1],
  ])('%s', (_, file, text, line) => {
    expect(told(file, text)).toEqual([
      `${line}: the file cannot be read from here on, so nothing of it was looked at`,
    ])
  })

  test.each(foreignFileNames)('%s of another shape', (file) => {
    for (const text of [
      '',
      'x',
      '[]',
      '{}',
      '- a',
      'services:',
      'services: [1]',
      'env = 1',
      'services = 5',
    ]) {
      expect(Array.isArray(readForeignFiles({ [file]: text }))).toBe(true)
    }
  })

  test('a name in it cannot write to the terminal, nor a line of its own', () => {
    const text = '"a\\u001b[31m\\nb" = 1\n[processes]\n"x\\ny" = "z\\u001b"\n'
    for (const line of told('fly.toml', text)) {
      expect(line).not.toMatch(/\p{Cc}/u)
      expect(line.length).toBeLessThan(200)
    }
  })

  test('a dotted line without an end costs no time', () => {
    const started = performance.now()
    told('fly.toml', `${'a.'.repeat(100_000)}\n`)
    expect(performance.now() - started).toBeLessThan(5_000)
  })

  test('more than a person reads ends with how many there are', () => {
    const many = Array.from({ length: 300 }, (_, index) => `  s${index}: { image: x }`).join('\n')
    const lines = told('compose.yaml', `services:\n${many}\n`)
    expect(lines).toHaveLength(101)
    expect(lines[100]).toBe(' 200 more keys, none of them applied')
  })
})

test('Korean says the same', () => {
  const lines = readForeignFiles({ 'compose.yaml': compose }).map(korean.foreign)
  expect(lines[0]).toBe(
    'compose.yaml:1 name: 적용하지 않았습니다. naru.yaml에는 이렇게 씁니다: app: shop',
  )
  for (const line of lines) {
    expect(line).toMatch(/[가-힣]/)
    expect(line).not.toContain('hunter2-canary')
  }
})
