import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { removeTree } from '../../src/base/tree.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'naru-demo-'))
const home = join(folder, 'home')
const environment = { PATH: process.env.PATH ?? '', HOME: home, NARU_DATA: join(folder, 'data') }
const taken: Server[] = []

beforeAll(async () => {
  // Apps run as another user when this runs as root: the way to the data folder must be open to it.
  chmodSync(folder, 0o755)
  mkdirSync(home)
  for (const port of [8080, 7878]) taken.push(await take(port))
})

afterAll(async () => {
  spawnSync(join(root, 'naru'), ['down'], { env: environment })
  for (const server of taken) server.close()
  await removeTree(folder) // An ordinary user may not write in the folders of a slug.
})

/** Holds a port, so that the demo has to find another one; fine where somebody else holds it already. */
function take(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(server))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

function demo(): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'scripts/demo.mjs')], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const collect = (text: Buffer) => {
      output += text
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output }))
  })
}

test('in an empty home, the demo starts Naru, pushes hello, and says where it is live', async () => {
  const { code, output } = await demo()
  expect(output).toMatch(/Port 8080 is taken here, so Naru gets \d+/)
  expect(output).toMatch(/Port 7878 is taken here, so Naru gets \d+/)
  expect(output).toMatch(/remote: .*live at http:\/\/hello\.localhost:\d+/)
  expect(output).toMatch(/hello is live as v1/)
  expect(output).toMatch(/curl -H 'Host: hello\.localhost' http:\/\/127\.0\.0\.1:\d+\//)
  expect(code).toBe(0)
})

test('run again, it carries on where it was and deploys nothing', async () => {
  const { code, output } = await demo()
  expect(output).toContain('Naru is running already')
  expect(output).toContain('Nothing new to push')
  expect(output).toMatch(/hello is live as v1/)
  expect(code).toBe(0)
})

test('after a change and a commit, it pushes that', async () => {
  const repository = join(home, 'naru-hello')
  const program = join(repository, 'server.js')
  writeFileSync(program, readFileSync(program, 'utf8').replace('Hello from Naru', 'Hello again'))
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']
  spawnSync('git', [...identity, 'commit', '--quiet', '-am', 'Again'], {
    cwd: repository,
    env: environment,
  })
  const { code, output } = await demo()
  expect(output).toMatch(/hello is live as v2/)
  expect(code).toBe(0)
})

test('after naru down, it starts again and shows what was live', async () => {
  spawnSync(join(root, 'naru'), ['down'], { env: environment })
  const { code, output } = await demo()
  expect(output).toContain('Starting Naru in the background')
  expect(output).toMatch(/hello is live as v2/)
  expect(code).toBe(0)
})
