import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort, isAlive, running, until } from '../support/naru.ts'
import { Rig } from './rig.ts'

/** A program that speaks with `naru up` as the server does, and answers as much of the API as that needs. */
const standInServer = `
const { writeFileSync, writeSync, closeSync, rmSync, mkdirSync, appendFileSync, existsSync } = require('node:fs')
const { parseArgs } = require('node:util')
const text = { type: 'string' }
const { values } = parseArgs({ options: { data: text, http: text, api: text, domain: text, down: { type: 'boolean' }, foreground: { type: 'boolean' } } })
const say = (line) => { writeSync(3, JSON.stringify(line) + '\\n'); closeSync(3) }
mkdirSync(values.data, { recursive: true })
appendFileSync(values.data + '/started', process.argv.slice(2).join(' ') + '\\n')
if (values.down) { say({ ready: true }); process.exit(0) }
if (values.domain === 'fails.test') {
  say({ failure: { code: 'server.port-taken', facts: { address: values.http, flag: '--http', holder: 'nginx (pid 812)' } } })
  process.exit(1)
}
if (values.domain === 'dies.test') { process.stderr.write('out of luck\\n'); process.exit(134) }
const base = (address) => 'http://' + address
const info = { version: '0.1.0', pid: process.pid, domain: values.domain, api: base(values.api), http: base(values.http), dataFolder: values.data, engine: { engine: 'process', why: { kind: 'answers' }, at: '2026-01-01T00:00:00.000Z' }, startedAt: new Date().toISOString(), table: 0 }
const [host, port] = values.api.split(':')
require('node:http').createServer((request, response) => {
  if (request.url === '/v1/health') return response.end('{"ok":true}')
  if (request.headers.authorization !== 'Bearer t') return response.writeHead(401).end(JSON.stringify({ code: 'token.invalid', message: 'no', facts: {} }))
  if (request.url === '/v1/server') return response.end(JSON.stringify(info))
  response.writeHead(202).end('{}', () => setTimeout(() => { rmSync(values.data + '/server.json'); process.exit(0) }, 100))
}).listen(Number(port), host, () => {
  writeFileSync(values.data + '/token', 't')
  writeFileSync(values.data + '/naru.db', '')
  writeFileSync(values.data + '/server.json', JSON.stringify(info))
  say({ ready: true, api: info.api, http: info.http })
})
process.on('SIGTERM', () => process.exit(0))
`

let rig: Rig
let ports: string[]
beforeEach(async () => {
  rig = await Rig.made()
  rig.write('dist/server.cjs', standInServer)
  ports = ['--http', `127.0.0.1:${await freePort()}`, '--api', `127.0.0.1:${await freePort()}`]
})
afterEach(async () => {
  await rig.naru(['down'])
  rig.remove()
})

const flags = () => `--http=${ports[1]} --api=${ports[3]}`
const starts = () => readFileSync(join(rig.data, 'started'), 'utf8').trimEnd().split('\n')
const pid = () =>
  (JSON.parse(readFileSync(join(rig.data, 'server.json'), 'utf8')) as { pid: number }).pid

describe('naru up', () => {
  it('starts the server in the background, and says where it is and what comes next', async () => {
    const { code, stdout, stderr } = await rig.naru(['up', ...ports])
    expect(stdout).toBe(
      `Naru is up.
  api     http://${ports[3]}
  apps    http://<app>.localhost:${ports[1]?.split(':')[1]}
  data    ${rig.data}
  engine  process

Next, in a git repository: naru init
`,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(isAlive(pid())).toBe(true)
    expect(starts()).toEqual([`--data ${rig.data} ${flags()} --domain=localhost`])
  })

  it('says that it runs already when it does, and starts nothing', async () => {
    await rig.naru(['up', ...ports])
    const { code, stdout } = await rig.naru(['up'])
    expect(stdout).toMatch(/^Naru runs already\.\n {2}api {5}http/)
    expect(code).toBe(0)
    expect(JSON.parse((await rig.naru(['up', '--json'])).stdout)).toMatchObject({
      started: false,
      dataFolder: rig.data,
    })
    expect(starts()).toHaveLength(1)
  })

  it('updates a server that was started with other programs, at the same addresses', async () => {
    await rig.naru(['up', ...ports])
    const before = pid()
    rig.write('dist/router.cjs', '// Another program.')
    const { code, stdout } = await rig.naru(['up'])
    expect(stdout).toMatch(
      /^Naru is up with the programs of version 0\.1\.0; router and apps went on/,
    )
    expect(code).toBe(0)
    expect(isAlive(before)).toBe(false)
    expect(starts()).toEqual(new Array(2).fill(starts()[0]))
  })

  it('leaves a server of a newer version alone, and says how it would be replaced', async () => {
    rig.write('dist/server.cjs', standInServer.replace("version: '0.1.0'", "version: '0.2.0'"))
    rig.write('dist/router.cjs', '')
    await rig.naru(['up', ...ports])
    const { code, stdout } = await rig.naru(['up'])
    expect(stdout).toMatch(/^Naru runs already\./)
    expect(stdout).toContain(
      'It is version 0.2.0 and this is 0.1.0: naru down --keep-apps, then naru up',
    )
    expect(code).toBe(0)
    expect(starts()).toHaveLength(1)
  })

  it('lets other machines reach the apps with --public, never the API', async () => {
    await rig.naru(['up', '--public', ...ports])
    expect(starts()[0]).toContain(`--http=0.0.0.0:${ports[1]?.split(':')[1]} --api=127.0.0.1:`)
  })

  it('is reached where it was last time, unless it is told otherwise', async () => {
    await rig.naru(['up', ...ports, '--domain', 'apps.test'])
    await rig.naru(['down'])
    await rig.naru(['up'])
    expect(starts().at(-1)).toBe(starts()[0])
    await rig.naru(['down'])
    await rig.naru(['up', '--domain', 'localhost'])
    expect(starts().at(-1)).toBe(`--data ${rig.data} ${flags()} --domain=localhost`)
  })

  it('says why the server does not start', async () => {
    const { code, stderr } = await rig.naru(['up', '--domain', 'fails.test'])
    expect(stderr).toBe(
      '✖ Naru cannot listen on 127.0.0.1:8080, since nginx (pid 812) does already\n  → naru up --http 127.0.0.1:8081\n  (server.port-taken)\n',
    )
    expect(code).toBe(6)
  })

  it('says where the last words are of a server that ended without saying why', async () => {
    await rig.naru(['up', ...ports])
    await rig.naru(['down'])
    const { code, stderr } = await rig.naru(['up', ...ports, '--domain', 'dies.test'])
    const log = join(rig.data, 'server.log')
    expect(stderr).toMatch(
      `✖ the server ended before it was ready; its last words are in ${log}\n  → naru up --foreground\n`,
    )
    expect(code).toBe(6)
    expect(readFileSync(log, 'utf8')).toContain('out of luck')
  })

  it('stays in the terminal with --foreground, and ends with the server', async () => {
    const up = running(process.execPath, [rig.program, 'up', ...ports, '--foreground'], {
      folder: rig.work,
      environment: rig.environment(),
    })
    await until(() => existsSync(join(rig.data, 'server.json')), 'the server to be up')
    const server = pid()
    up.child.kill('SIGTERM')
    expect((await up.ended).code).toBe(0)
    expect(isAlive(server)).toBe(false)
  })

  it('is not misled by what a killed server left behind', async () => {
    await rig.naru(['up', ...ports])
    const old = pid()
    process.kill(old, 'SIGKILL')
    await until(() => !isAlive(old), 'the server to die')
    expect((await rig.naru(['up', ...ports])).stdout).toMatch(/^Naru is up\./)
    expect(pid()).not.toBe(old)
  })
})

describe('naru down', () => {
  it('returns when the server has ended', async () => {
    await rig.naru(['up', ...ports])
    const server = pid()
    const { code, stdout } = await rig.naru(['down'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Naru is down, and its router and apps with it. All that it keeps is in ${rig.data}.\n`,
    })
    expect(isAlive(server)).toBe(false)
  })

  it('ends what a server left running that is down already', async () => {
    await rig.naru(['up', ...ports])
    await rig.naru(['down', '--keep-apps'])
    expect((await rig.naru(['down', '--keep-apps'])).stdout).toBe(
      `No server runs on ${rig.data}.\n`,
    )
    const { code, stdout } = await rig.naru(['down'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `No server ran on ${rig.data}; no router and no app of it runs either now.\n`,
    })
    expect(starts().at(-1)).toBe(`--data ${rig.data} --down`)
  })

  it('has nothing to do where there never was a server', async () => {
    expect(await rig.naru(['down'])).toMatchObject({
      code: 0,
      stdout: `No server runs on ${rig.data}, and none ever did.\n`,
    })
    expect(existsSync(rig.data)).toBe(false)
  })

  it('leaves alone another server that took over the address', async () => {
    await rig.naru(['up', ...ports])
    const server = pid()
    const other = join(rig.folder, 'other')
    await rig.naru(['up', '--data', other, '--domain', 'fails.test'])
    writeFileSync(join(other, 'server.json'), JSON.stringify({ pid: 1, api: `http://${ports[3]}` }))
    writeFileSync(join(other, 'token'), 'another')
    expect((await rig.naru(['down', '--data', other])).stdout).toMatch(/^No server runs on /)
    expect(isAlive(server)).toBe(true)
  })
})
