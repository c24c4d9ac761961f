import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { docker, whereDocker } from '../support/docker.ts'
import { Naru } from '../support/naru.ts'

const nowhere = { DOCKER_HOST: 'unix:///nobody/docker.sock' }

describe('a machine without a Docker Engine', () => {
  let naru: Naru
  beforeAll(async () => {
    naru = await Naru.create(null)
    naru.more = nowhere
  })
  afterAll(async () => {
    naru.more = {}
    await naru.close()
  })

  it('builds for processes, and naru engine says which and why', async () => {
    expect((await naru.up()).stdout).toMatch(/engine +process/)
    const { stdout } = await naru.cli(['engine'])
    expect(stdout).toMatch(/process +is always there/)
    expect(stdout).toMatch(/docker +does not answer: there is no socket/)
    expect(stdout).toMatch(/server +process +no Docker Engine answered/)
    expect((await naru.cli(['status'])).stdout).toMatch(/engine +process/)
  })

  it('is not given another engine, which is said, and nothing has changed', async () => {
    await naru.repository('shop', webApp({ says: 'one' }))
    for (const args of [
      ['engine', 'set', 'docker', '--app', 'shop'],
      ['engine', 'set', 'docker', '--server'],
      ['up', '--engine', 'docker'],
    ]) {
      const { code, output } = await naru.cli(args)
      expect(output).toContain('(engine.unavailable)')
      expect(code).toBe(6)
    }
    const { choice, environments } = await naru.client.engines()
    expect([choice.engine, environments]).toEqual(['process', []])
  })

  it.each([['set', 'kubernetes'], ['set', 'default', '--server'], ['set']])(
    'refuses naru engine %s %s in words',
    async (...args) => {
      const { code, output } = await naru.cli(['engine', ...args])
      expect(output).toMatch(/\((argument|usage)\.invalid\)/)
      expect(code).toBe(2)
    },
  )

  it('is told by doctor how to get one, and that it is missing where something is built for it', async () => {
    const before = await naru.cli(['doctor'])
    expect(before.stdout).toMatch(/· .*Docker.*, which only apps in containers need/)
    await naru.cli(['down', '--keep-apps'])
    naru.more = {}
    await naru.cli(['up', '--engine', 'docker'])
    naru.more = nowhere
    await naru.cli(['down', '--keep-apps'])
    await naru.cli(['up'])
    const after = await naru.cli(['doctor'])
    expect(after.stdout).toMatch(/✖ .*Docker.*; what is built for it needs it\n +→ /)
    expect(after.code).not.toBe(0)
  })
})

describe('a machine with a Docker Engine', whereDocker, () => {
  let naru: Naru
  beforeAll(async () => {
    naru = await Naru.create(null)
  })
  afterAll(() => naru.close())
  const containers = async () => {
    const filters = { label: [`naru.server=${naru.dockerServer()}`] }
    return (await docker.listContainers({ filters })).length
  }

  it('builds for containers without being asked', async () => {
    expect((await naru.up()).stdout).toMatch(/engine +docker/)
    const { stdout } = await naru.cli(['engine'])
    expect(stdout).toMatch(/docker +answers, version \d+/)
    expect(stdout).toMatch(/server +docker +a Docker Engine answered/)
    expect((await naru.cli(['doctor'])).stdout).toMatch(/✓ a Docker Engine answers, version \d+/)
  })

  it('runs both side by side, chosen for each environment; what runs stays where it is until the next push', async () => {
    const shop = await naru.repository('shop', webApp({ says: 'one' }))
    expect((await shop.push()).output).toContain('live at')
    expect(await containers()).toBe(1)
    const set = await naru.cli(['engine', 'set', 'process', '--app', 'shop'])
    expect(set.stdout).toContain('What runs stays where it is')
    expect((await naru.visit('shop')).body).toBe('one')
    expect((await naru.cli(['engine'])).stdout).toMatch(
      /shop \(production\) +process +chosen for it/,
    )

    expect((await shop.deploy(webApp({ says: 'two' }))).output).toContain('live at')
    expect((await naru.visit('shop')).body).toBe('two')
    const [two] = (await naru.status('shop')).instances.filter(({ release }) => release === 2)
    expect(two?.address).toMatch(/^127\.0\.0\.1:/)

    const back = await naru.cli(['rollback', '--app', 'shop'])
    expect(back.code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('one')
  })

  it('keeps its choice when it starts again, also while no engine answers', async () => {
    await naru.cli(['down', '--keep-apps'])
    naru.more = nowhere
    await naru.cli(['up'])
    expect((await naru.client.engines()).choice.engine).toBe('docker')
    await naru.cli(['down', '--keep-apps'])
    naru.more = {}
    await naru.cli(['up'])
    expect((await naru.visit('shop')).body).toBe('one')
  })

  it('a choice for an environment is undone, one for the server asked for and told who did', async () => {
    await naru.cli(['engine', 'set', 'default', '--app', 'shop'])
    const { stdout } = await naru.cli(['up', '--engine', 'process'])
    expect(stdout).toMatch(/engine +process/)
    const { choice, environments } = await naru.client.engines()
    expect(choice).toMatchObject({ engine: 'process', why: { kind: 'asked' } })
    expect(environments).toEqual([])
    expect((await naru.cli(['engine'])).stdout).toMatch(/server +process +asked for by owner/)
  })
})
