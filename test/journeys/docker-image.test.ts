import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { baseImages, docker, whereRegistry } from '../support/docker.ts'
import { Naru } from '../support/naru.ts'
import { Registry, visitor } from '../support/registry.ts'

const times = 'healthy-for: 200ms, healthy-within: 20s, settle: 500ms'

describe('an image that is made elsewhere', whereRegistry, () => {
  let naru: Naru
  let registry: Registry
  beforeAll(async () => {
    naru = await Naru.started({}, 'docker')
    registry = await Registry.started()
  })
  afterAll(async () => {
    await registry.end()
    await naru.close()
  })

  /** Makes an image that answers with a word, under a name of this machine. */
  async function made(word: string, repo: string): Promise<string> {
    const server = `require('http').createServer((_, answer) => answer.end('${word}')).listen(process.env.PORT)`
    const container = await docker.createContainer({ Image: baseImages.node, Cmd: ['true'] })
    const changes = [`CMD ["node","-e",${JSON.stringify(server)}]`, 'USER 1000', 'EXPOSE 8080']
    await container.commit({ repo, tag: '1', changes: changes.join('\n') })
    await container.remove()
    return `${repo}:1`
  }
  /** The same, at the registry alone. */
  const publish = async (word: string, name: string) =>
    registry.push(await made(word, `naru-test-${word}`), name)
  const spec = (image: string) => ({
    'naru.yaml': `image: ${image}\nservices: { web: { ${times} } }\n`,
  })

  it('is fetched, serves, and is pinned: going back is to the very one, although its tag has moved', async () => {
    const image = await publish('one', 'team/shop:1')
    const shop = await naru.repository('shop', spec(image))
    const first = await shop.push()
    expect(first.output).toContain('live at')
    expect(first.output).toMatch(new RegExp(`${image} is sha256:[0-9a-f]{64}`))
    expect((await naru.visit('shop')).body).toBe('one')

    expect(await publish('two', 'team/shop:1')).toBe(image)
    const second = await shop.deploy({ 'again.txt': '' })
    expect(second.output).toContain('live at')
    expect((await naru.visit('shop')).body).toBe('two')
    expect((await naru.cli(['rollback', '--app', 'shop'])).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('one')
  })

  it('of this machine alone is used, and that is said', async () => {
    const image = await made('here', 'naru-test-only-here')
    try {
      const own = await naru.repository('own', spec(image))
      const { output } = await own.push()
      expect(output).toContain('could not be fetched, so the one of this machine is used')
      expect(output).toContain('live at')
    } finally {
      await docker.getImage(image).remove()
    }
  })

  it('that is not there is said, with what was asked for, and what serves stays', async () => {
    const shop = await naru.repository('missing', spec(`${registry.host}/team/nothing:7`))
    const { code, output } = await shop.push()
    expect(output).toContain(`there is no image ${registry.host}/team/nothing:7`)
    expect(output).toContain('(build.image-unfetched)')
    expect(code).toBe(1)
  })

  it('that is private is fetched by whoever Naru is at its registry, and by nobody else', async () => {
    const closed = await Registry.started({ isPrivate: true })
    try {
      const image = await closed.push(await made('inner', 'naru-test-inner'), 'team/inner:1')
      const inner = await naru.repository('inner', spec(image))
      const refused = await inner.push()
      expect(refused.output).toContain('the registry does not give')
      expect(refused.output).toContain(`naru registry login ${closed.host} --user NAME`)

      const login = ['registry', 'login', closed.host, '--user', visitor.user]
      const { code, output } = await naru.cli(login, { input: `${visitor.password}\n` })
      expect(output).toContain(`Naru is ada at ${closed.host}`)
      expect(code).toBe(0)
      expect((await naru.cli(['secret', 'rotate-key'])).code).toBe(0)
      const pushed = await inner.deploy({ 'again.txt': '' })
      expect(pushed.output).toContain('live at')
      expect((await naru.visit('inner')).body).toBe('inner')
      const listed = (await naru.cli(['registry'])).stdout
      expect(listed).toMatch(new RegExp(`${closed.host} +ada`))
      expect(listed + pushed.output + naru.log()).not.toContain(visitor.password)
      expect(readFileSync(join(naru.data, 'naru.db'), 'latin1')).not.toContain(visitor.password)

      expect((await naru.cli(['registry', 'logout', closed.host])).code).toBe(0)
      const again = await naru.cli(['registry', 'logout', closed.host])
      expect(again.output).toContain('(registry.unknown)')
      expect(again.code).toBe(4)
      const odd = await naru.cli(['registry', 'login', 'no host', '--user', 'x'], { input: 'x' })
      expect(odd.output).toContain('(argument.invalid)')
    } finally {
      await closed.end()
    }
  })

  it.each([
    ['a build beside it', 'image: a/b:1\nbuild: { target: x }\n', 'no build, since image names'],
    ['what is no image', 'image: "Not An Image"\n', 'an image, such as'],
  ])('is refused with %s', async (_, text, said) => {
    const app = await naru.repository(`bad-${said.length}`, { 'naru.yaml': text })
    const { output } = await app.push()
    expect(output).toContain(said)
    expect(output).toContain('(spec.invalid)')
  })
})
