import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { credentialScript } from '../../src/source/credential.ts'
import { aServer, aStatus, home, StandIn } from '../support/stand-in.ts'
import { Rig } from './rig.ts'

let rig: Rig
let server: StandIn
beforeEach(async () => {
  rig = await Rig.made()
  server = await StandIn.started()
  server.json('POST /v1/apps', 201, { name: 'shop', createdAt: '', stable: null, urls: [] })
  server.json('GET /v1/server', 200, aServer({ api: server.address }))
  mkdirSync(rig.data)
  writeFileSync(join(rig.data, 'server.json'), JSON.stringify({ pid: 1, api: server.address }))
  writeFileSync(join(rig.data, 'token'), 'the-token\n')
  writeFileSync(join(rig.data, 'git-credential'), credentialScript, { mode: 0o755 })
})
afterEach(async () => {
  await server.stop()
  rig.remove()
})

const repository = async (name: string) => {
  const folder = join(rig.work, name)
  await rig.git('init', '-q', '-b', 'main', folder)
  await rig.git('-C', folder, 'commit', '-q', '--allow-empty', '-m', 'First')
  return folder
}

describe('naru init', () => {
  it('makes the app, joins the repository to it, and says what to type next', async () => {
    const folder = await repository('shop')
    const { code, stdout, stderr } = await rig.naru(['init'], { folder })
    expect(stdout.split('\n')).toEqual([
      'shop is made, and the remote naru leads to it.',
      '',
      'Next: git push naru main',
      'Then: http://shop.localhost:8080',
      "  or: curl -H 'Host: shop.localhost' http://127.0.0.1:8080",
      '',
    ])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(server.requests.find(({ method }) => method === 'POST')).toMatchObject({
      body: { name: 'shop' },
      headers: { authorization: 'Bearer the-token' },
    })
    expect((await rig.git('-C', folder, 'remote', 'get-url', 'naru')).stdout).toBe(
      `${server.address}/git/shop.git\n`,
    )
  })

  it('lets git find the token, which is not in .git/config, however often it is typed', async () => {
    const folder = await repository('shop')
    for (let time = 0; time < 3; time += 1)
      expect((await rig.naru(['init'], { folder })).code).toBe(0)
    const config = readFileSync(join(folder, '.git/config'), 'utf8')
    expect(config).not.toContain('the-token')
    expect(config.match(/helper =/g)).toHaveLength(2)
    const asked = await rig.naru(['init', '--json'], { folder })
    expect(JSON.parse(asked.stdout)).toMatchObject({
      created: true,
      remote: `${server.address}/git/shop.git`,
      push: 'git push naru main',
    })
  })

  it('leads the remote to another server or app when asked again', async () => {
    const folder = await repository('shop')
    await rig.naru(['init'], { folder })
    await rig.naru(['init', '--app', 'other'], { folder })
    expect((await rig.git('-C', folder, 'remote', 'get-url', 'naru')).stdout).toBe(
      `${server.address}/git/other.git\n`,
    )
    expect((await rig.git('-C', folder, 'config', 'naru.app')).stdout).toBe('other\n')
  })

  it('says so when the app was there already, and pushes HEAD from another branch', async () => {
    server.json('POST /v1/apps', 200, { name: 'shop', createdAt: '', stable: null, urls: [] })
    const folder = await repository('shop')
    await rig.git('-C', folder, 'switch', '-q', '-c', 'try')
    const { stdout } = await rig.naru(['init'], { folder })
    expect(stdout).toContain(
      'shop exists already; the remote naru leads to it.\n\nNext: git push naru HEAD:main\n',
    )
  })

  it('names the app as naru.yaml does, else as the folder is called, from any folder within', async () => {
    const folder = await repository('My Shop_2!')
    await rig.naru(['init'], { folder })
    expect(server.requests.map(({ body }) => body)).toContainEqual({ name: 'my-shop-2' })
    writeFileSync(join(folder, 'naru.yaml'), '# mine\napp: "store" # here\nservices: {}\n')
    mkdirSync(join(folder, 'src'))
    await rig.naru(['init'], { folder: join(folder, 'src') })
    expect(server.requests.map(({ body }) => body)).toContainEqual({ name: 'store' })
  })

  it('refuses a folder that no name can be made of, and one without a repository', async () => {
    const { stderr, code } = await rig.naru(['init'], { folder: await repository('123') })
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        '✖ "123" cannot be the name of an app\n  → use 1 to 40 lower-case letters, digits and dashes, starting with a letter and not ending with a dash, as in --app shop\n  (name.invalid)\n',
    })
    const outside = await rig.naru(['init'])
    expect(outside).toMatchObject({
      code: 2,
      stderr: `✖ ${rig.work} is not inside a git repository\n  → git init\n  (repository.none)\n`,
    })
  })
})

describe('the app that a command is about', () => {
  beforeEach(() => {
    server.json(`GET ${home}`, 200, aStatus())
    server.json('GET /v1/apps/store/environments/production', 200, aStatus({ app: 'store' }))
    server.json('GET /v1/apps', 200, { apps: [] })
  })
  const about = async (folder: string, ...args: string[]) =>
    (
      JSON.parse((await rig.naru(['status', '--json', ...args], { folder })).stdout) as {
        app?: string
      }
    ).app

  it('is that of --app, else of the repository one stands in, else that of its naru.yaml', async () => {
    const folder = await repository('shop')
    writeFileSync(join(folder, 'naru.yaml'), 'app: store\n')
    mkdirSync(join(folder, 'src'))
    expect(await about(join(folder, 'src'))).toBe('store')
    await rig.git('-C', folder, 'config', 'naru.app', 'shop')
    expect(await about(join(folder, 'src'))).toBe('shop')
    expect(await about(folder, '--app', 'store')).toBe('store')
    const before = await rig.naru(['--app', 'store', 'status', '--json'], { folder })
    expect(JSON.parse(before.stdout)).toMatchObject({ app: 'store' })
  })

  it('must be named anywhere else; status then tells of the server', async () => {
    expect(await rig.naru(['ps'])).toMatchObject({
      code: 2,
      stderr:
        '✖ nothing here says which app is meant: no --app, and no repository that knows Naru\n  → naru init in your repository, or add --app NAME\n  (app.unnamed)\n',
    })
    expect((await rig.naru(['status'])).stdout).toMatch(/^Naru 0\.1\.0\n {2}api {6}http:\/\/127/)
  })
})

describe('the token of a data folder', () => {
  it('goes to the server of that folder only', async () => {
    const other = await StandIn.started()
    other.json('GET /v1/apps', 200, { apps: [] })
    await rig.naru(['apps'], { environment: { NARU_API: other.address } })
    expect(other.requests[0]?.headers.authorization).toBeUndefined()
    await other.stop()
  })

  it('is not needed to be told that nothing answers', async () => {
    await server.stop()
    const { code, stderr } = await rig.naru(['apps'])
    expect(stderr).toBe(
      `✖ no Naru server answers at ${server.address}\n  → naru up\n  (server.unreachable)\n`,
    )
    expect(code).toBe(5)
  })
})
