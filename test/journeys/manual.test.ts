import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const inFolderOf =
  ({ folder }: Repository) =>
  (...args: string[]) =>
    naru.cli(args, { folder })

const server = (says: string) => ({ 'server.js': webApp({ says })['server.js'] ?? '' })

describe('with deploy: manual', () => {
  it('a push builds and goes live by naru deploy alone, whichever build it names', async () => {
    const app = await naru.repository('slowly', webApp({ says: 'one', more: 'deploy: manual\n' }))
    const type = inFolderOf(app)

    const first = await app.push()
    expect(first.output).toContain('build 1 is ready; naru deploy --build 1 makes it live')
    expect(first.code).toBe(0)
    expect((await naru.visit('slowly')).status).not.toBe(200)
    const second = await app.deploy(server('two'))
    expect(second.output).toContain('build 2 is ready')

    const deployed = await type('deploy', '--build', '2')
    expect(deployed.stderr).toContain('live at')
    expect(deployed.code).toBe(0)
    expect((await naru.visit('slowly')).body).toBe('two')
    expect((await type('deploy', '--build', '1')).code).toBe(0)
    expect((await naru.visit('slowly')).body).toBe('one')
    expect(await naru.client.builds('slowly')).toHaveLength(2)
    expect((await naru.client.releases(naru.place('slowly'))).map(({ reason }) => reason)).toEqual([
      'deploy',
      'deploy',
    ])
    expect((await type('rollback')).code).toBe(0)
    expect((await naru.visit('slowly')).body).toBe('two')
  })
})

describe('naru deploy of what was built before', () => {
  it('again takes the settings of now', async () => {
    const app = await naru.repository('again', {
      ...webApp({ says: '' }),
      'server.js': (webApp({ says: 'X' })['server.js'] ?? '').replace(
        '"X"',
        `process.env.GREETING ?? 'nothing'`,
      ),
    })
    const type = inFolderOf(app)
    await app.push()
    await type('settings', 'set', 'GREETING=hello', '--no-deploy')
    expect((await naru.visit('again')).body).toBe('nothing')

    expect((await type('deploy', '--again')).code).toBe(0)

    expect((await naru.visit('again')).body).toBe('hello')
    expect(await naru.client.builds('again')).toHaveLength(1)
  })

  it('says in words what cannot be deployed', async () => {
    const app = await naru.repository('wordy', webApp({ says: 'one' }))
    const type = inFolderOf(app)
    const nothing = await type('deploy', '--again')
    expect([nothing.code, nothing.stderr]).toEqual([
      7,
      expect.stringContaining('nothing was ever deployed to production of wordy'),
    ])
    await app.commit(webApp({ says: 'one', more: 'build:\n  command: exit 3\n' }))
    await app.push()

    const failed = await type('deploy', '--build', '1')
    expect([failed.code, failed.stderr]).toEqual([
      7,
      expect.stringContaining('build 1 of wordy failed, so there is nothing of it to deploy'),
    ])
    expect((await type('deploy', '--build', '9')).code).toBe(4)
    expect((await type('deploy', '--build', 'x')).code).toBe(2)
    expect((await type('deploy', '--build', '1', '--again')).code).toBe(2)
  })
})

describe('a .env with secrets in the commit', () => {
  it('is warned about by the names in it, and never by a value', async () => {
    const app = await naru.repository('leaky', {
      ...webApp({ says: 'one' }),
      '.env': 'API_TOKEN=very-hush\nLOG_LEVEL=debug\nDB_PASSWORD="also hush"\n',
      '.env.example': 'API_TOKEN=put yours here\n',
    })

    const { code, output } = await app.push()

    expect(code).toBe(0)
    expect(output).toMatch(
      /warning: \.env is in this commit, and looks like it holds secrets: API_TOKEN and DB_PASSWORD; naru settings import \.env/,
    )
    expect(output).toContain('git rm --cached .env')
    expect(output).not.toMatch(/hush|LOG_LEVEL|\.env\.example/)
  })
})
