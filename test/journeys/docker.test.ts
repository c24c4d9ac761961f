import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { baseImages, docker, mainSocket, whereDocker } from '../support/docker.ts'
import type { Ran } from '../support/naru.ts'
import { isAlive, Naru, type Repository, until } from '../support/naru.ts'

const times =
  '    healthy-for: 200ms\n    healthy-within: 20s\n    settle: 500ms\n    stop: { grace: 2s }\n'

/** An app with a Dockerfile of its own: what is copied in is what it says. */
const ownImage = (says: string, more = '', dockerfile = '') => ({
  'naru.yaml': `services:\n  web:\n${times}${more}`,
  Dockerfile:
    dockerfile ||
    `FROM ${baseImages.node} AS build
ARG GREETING=hello
WORKDIR /app
COPY . .
RUN echo "$GREETING $(cat says.txt)" > built.txt
FROM ${baseImages.node}
WORKDIR /app
COPY --from=build /app/built.txt /app/server.js ./
USER 1000
EXPOSE 8123
CMD ["node", "server.js"]
`,
  '.dockerignore': 'secret.txt\n',
  'secret.txt': 'never in an image',
  'says.txt': says,
  'server.js': `const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/secret') return response.end(String(existsSync('secret.txt')))
  if (request.url === '/write') writeFileSync('/data/kept', 'kept')
  if (request.url.startsWith('/data')) return response.end(existsSync('/data/kept') ? 'kept' : 'nothing')
  if (request.url === '/eat') { const eaten = []; for (;;) eaten.push(Buffer.alloc(1 << 20, 1)) }
  response.end(readFileSync('built.txt', 'utf8').trim())
})
server.listen(process.env.PORT, () => console.log('listens on', process.env.PORT))
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`,
})

/** Names of all that it has in Docker, whether they run or not. */
async function containers(naru: Naru): Promise<string[]> {
  const filters = { label: [`naru.server=${naru.dockerServer()}`] }
  const found = await docker.listContainers({ all: true, filters })
  return found.flatMap(({ Names }) => Names)
}

/** A push fails with its reason and its code, whatever git says around them. */
function expectRefused({ code, output }: Ran, said: string, error: string, exit = 1): void {
  expect(output).toContain(said)
  expect(output).toContain(`(${error})`)
  expect(code).toBe(exit)
}

describe('on the docker engine', whereDocker, () => {
  let naru: Naru
  beforeAll(async () => {
    naru = await Naru.started({}, 'docker')
  })
  afterAll(() => naru.close())

  const type = (app: string, ...args: string[]) => naru.cli([...args, '--app', app])

  it('a repository with a Dockerfile is built by it and live, and going back is a flip', async () => {
    const shop = await naru.repository('shop', ownImage('one'))
    const first = await shop.push()
    expect(first.output).toContain('the image is built as Dockerfile says')
    expect(first.output).toContain('live at')
    expect(first.code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('hello one')
    expect((await naru.visit('shop', '/secret')).body).toBe('false')
    expect((await type('shop', 'logs')).stdout).toContain('listens on 8123')

    expect((await shop.deploy(ownImage('two'))).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('hello two')
    expect((await type('shop', 'rollback')).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('hello one')
  })

  it('a repository without one gets one made for it', async () => {
    const plain = await naru.repository('plain', webApp({ says: 'no Dockerfile' }))
    const { code, output } = await plain.push()
    expect(output).toContain('live at')
    expect(code).toBe(0)
    expect((await naru.visit('plain')).body).toBe('no Dockerfile')
  })

  it('what a Dockerfile does wrong is told with its step, and what serves stays', async () => {
    const wrong = await naru.repository('wrong', ownImage('good'))
    expect((await wrong.push()).code).toBe(0)
    const failing = `FROM ${baseImages.node}\nRUN echo "no such luck" && exit 7\n`
    const failed = await wrong.deploy(ownImage('bad', '', failing))
    expect(failed.output).toContain('no such luck')
    expect(failed.output).toContain('exit code 7')
    expect(failed.code).not.toBe(0)

    const unknown = await wrong.deploy(ownImage('bad', '', `FROM ${baseImages.node}\nRUNN x\n`))
    expectRefused(unknown, 'RUNN', 'build.dockerfile-failed')

    const missing = 'build: { dockerfile: docker/Dockerfile }\n'
    const none = await wrong.deploy({
      ...ownImage('bad'),
      'naru.yaml': `${missing}services:\n  web:\n${times}`,
    })
    expectRefused(none, 'docker/Dockerfile', 'build.no-dockerfile')
    expect((await naru.visit('wrong')).body).toBe('hello good')
  })

  it('what was made for a repository may be kept with it, and is its own from then on', async () => {
    const files = { 'public/index.html': 'kept', 'naru.yaml': `services:\n  web:\n${times}` }
    const site = await naru.repository('kept', files)
    const print = () => naru.cli(['build', '--print', '--dockerfile'], { folder: site.folder })
    const { stdout, code } = await print()
    expect(code).toBe(0)
    expect(stdout).toMatch(/^(#.*\n)*FROM /m)
    const pushed = await site.deploy({ Dockerfile: `${stdout}LABEL kept=yes\n` })
    expect(pushed.output).toContain('live at')
    expect((await naru.visit('kept')).body).toBe('kept')
    const { Config } = await docker.getImage(`naru/${naru.dockerServer()}/kept:1`).inspect()
    expect(Config.Labels['kept']).toBe('yes')
    const again = await print()
    expect(again.output).toContain('it has a Dockerfile of its own, Dockerfile')
    expect(again.code).toBe(2)
  })

  it('steps of a Dockerfile read secrets of the app, which are in no layer and no log; one without a value is asked for', async () => {
    const dockerfile = `FROM ${baseImages.node}
WORKDIR /app
COPY . .
RUN --mount=type=secret,id=NPM_TOKEN sha256sum /run/secrets/NPM_TOKEN > built.txt
RUN ls /run/secrets 2>&1 | cat
EXPOSE 8123
CMD ["node", "server.js"]
`
    const files = ownImage('', '', dockerfile)
    files['naru.yaml'] = `build: { secrets: [NPM_TOKEN] }\n${files['naru.yaml']}`
    const app = await naru.repository('tokened', files)
    expectRefused(await app.push(), 'NPM_TOKEN', 'secret.missing')
    const token = 'canary-0d3b7f'
    await naru.cli(['secret', 'set', 'NPM_TOKEN', '--app', 'tokened'], { input: token })
    const pushed = await app.push()
    expect(pushed.output).toContain('live at')
    const digest = createHash('sha256').update(token).digest('hex')
    expect((await naru.visit('tokened')).body).toContain(digest)
    const logs = await type('tokened', 'builds', 'show', '1')
    expect(logs.output + pushed.output + naru.log()).not.toContain(token)
    const image = docker.getImage(`naru/${naru.dockerServer()}/tokened:1`)
    expect(JSON.stringify([await image.history(), await image.inspect()])).not.toContain(token)
  })

  it('steps of the pipeline run in a container, and one that fails makes no release', async () => {
    const files = webApp({ says: 'tested' })
    const pipeline = (step: string) => ({
      ...files,
      'naru.yaml': `pipeline:\n  - test: ${step}\n${files['naru.yaml']}`,
    })
    const tested = await naru.repository('tested', pipeline('test -f server.js && echo was tested'))
    const good = await tested.push()
    expect(good.output).toContain('was tested')
    expect(good.code).toBe(0)
    const bad = await tested.deploy(pipeline('echo 1 of 3 failed; exit 4'))
    expect(bad.output).toContain('1 of 3 failed')
    expectRefused(bad, 'test', 'build.step-failed')
  })

  it('a volume outlives releases, which recreate since it has one writer, and that is said', async () => {
    const volume = `    volumes: { uploads: /data }\n`
    const owned = (says: string) => {
      const files = ownImage(says, volume)
      return { ...files, Dockerfile: files.Dockerfile.replace('USER 1000\n', '') }
    }
    const notes = await naru.repository('notes', owned('one'))
    const first = await notes.push()
    expect(first.output).toContain('one release at a time may write to the volumes of web')
    expect(first.code).toBe(0)
    await naru.visit('notes', '/write')
    expect((await notes.deploy(owned('two'))).code).toBe(0)
    expect((await naru.visit('notes')).body).toBe('hello two')
    expect((await naru.visit('notes', '/data')).body).toBe('kept')
  })

  it('what wants more memory than it may have is ended, started again, and that is told with its limit', async () => {
    const greedy = await naru.repository(
      'greedy',
      ownImage('hungry', '    resources: { memory: 64MiB, cpu: 0.5, pids: 50 }\n'),
    )
    expect((await greedy.push()).code).toBe(0)
    void naru.visit('greedy', '/eat').catch(() => {}) // It answers nobody.
    await until(
      async () => (await type('greedy', 'ps')).stdout.includes('out of memory, limit 64 MB'),
      'the end to be told',
    )
    await until(async () => (await naru.visit('greedy')).body === 'hello hungry', 'it to be back')
  })

  it('jobs run before a rollout, commands by hand, each in a container of its own', async () => {
    const files = webApp({
      says: 'with jobs',
      more: 'jobs:\n  migrate: { command: "echo migrated", when: before-rollout }\n',
    })
    const jobs = await naru.repository('jobs', files)
    const { code, output } = await jobs.push()
    expect(output).toContain('live at')
    expect(code).toBe(0)
    expect((await type('jobs', 'logs', '--service', 'job/migrate')).stdout).toContain('migrated')
    const ran = await naru.cli(['run', '--app', 'jobs', '--', 'echo "from $NARU_APP"; exit 3'])
    expect(ran.stdout).toContain('from jobs')
    expect(ran.code).toBe(3)
  })

  it('a server that dies and comes back finds what runs, and destroying an app removes all that was its', async () => {
    const before = await naru.client.instances(naru.place('plain'))
    await naru.crash()
    expect((await naru.visit('plain')).body).toBe('no Dockerfile')
    await naru.up()
    const after = await naru.client.instances(naru.place('plain'))
    expect(after.map(({ id, pid }) => ({ id, pid }))).toEqual(
      before.map(({ id, pid }) => ({ id, pid })),
    )
    expect((await type('plain', 'destroy', '--confirm', 'plain')).code).toBe(0)
    expect((await naru.visit('plain')).status).toBe(404)
  })
})

describe('on the process engine', () => {
  it('what only containers can do is refused before it is built, with its key', async () => {
    const naru = await Naru.started({}, 'process')
    try {
      const files = webApp({ says: 'never', more: '    volumes: { uploads: /data }\n' })
      const shop = await naru.repository('shop', files)
      expectRefused(
        await shop.push(),
        'services.web.volumes is not possible on the process engine',
        'engine.cannot',
      )
      expect(await naru.client.builds('shop')).toEqual([])
    } finally {
      await naru.close()
    }
  })
})

describe('where the Docker Engine has not answered since the start', whereDocker, () => {
  let naru: Naru
  let plain: Repository
  const nobody = () => ({ DOCKER_HOST: `unix://${naru.folder}/nobody.sock` })

  beforeAll(async () => {
    naru = await Naru.create('process')
    naru.more = { DOCKER_HOST: `unix://${mainSocket}` }
    await naru.up()
    plain = await naru.repository('plain', webApp({ says: 'in a process' }))
    expect((await plain.push()).output).toContain('live at')
    await naru.cli(['down', '--keep-apps'])
    await naru.cli(['up', '--engine', 'docker'])
    const boxed = await naru.repository('boxed', webApp({ says: 'in a container' }))
    expect((await boxed.push()).output).toContain('live at')
    await naru.cli(['down', '--keep-apps'])
    naru.more = nobody()
    await naru.cli(['up'])
  })
  afterAll(() => naru.close())

  it('the server starts, apps that run as processes are looked at, started again and given addresses', async () => {
    expect((await naru.visit('plain')).body).toBe('in a process')
    expect((await naru.cli(['ps', '--app', 'plain'])).stdout).toContain('healthy')
    const [before] = (await naru.status('plain')).instances
    process.kill(-(before?.pid ?? 0), 'SIGKILL')
    await until(async () => {
      const [now] = (await naru.status('plain')).instances
      return now?.restarts === 1 && now.health === 'healthy'
    }, 'it to be back')
    await until(async () => (await naru.visit('plain')).body === 'in a process', 'it to answer')
    await naru.repository('fresh', webApp({ says: 'never' }))
    expect((await naru.visit('fresh')).status).toBe(503)
  })

  it('an app in containers keeps its address and its container answers on', async () => {
    expect((await naru.visit('boxed')).body).toBe('in a container')
    expectRefused(
      await naru.cli(['ps', '--app', 'boxed']),
      'there is no socket',
      'engine.unavailable',
      6,
    )
  })

  it('a push is told why nothing is built', async () => {
    expectRefused(
      await plain.deploy(webApp({ says: 'never' })),
      'there is no socket',
      'engine.unavailable',
    )
  })

  it('down ends what runs as processes, says what it could not end, and ends that when it is asked again', async () => {
    const [{ pid } = { pid: null }] = (await naru.status('plain')).instances
    for (const _ of ['a server that runs', 'what is left of it'])
      expectRefused(await naru.cli(['down']), 'runs on', 'server.apps-left', 6)
    expect(isAlive(pid ?? 0)).toBe(false)
    expect(await containers(naru)).toHaveLength(1)
    naru.more = { DOCKER_HOST: `unix://${mainSocket}` }
    expect((await naru.cli(['down'])).output).toContain('no app of it runs either')
    expect(await containers(naru)).toEqual([])
  })
})
