import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { isAlive, Naru, until } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const withJob = (says: string, command: string, more = {}) =>
  webApp({
    says,
    more: `jobs:
  migrate:
    command: ${command}
    when: before-rollout
`,
    ...more,
  })

const note = (app: string): string => join(naru.data, 'apps', app, 'home/production/migrated')
const notes = (app: string): string =>
  existsSync(note(app)) ? readFileSync(note(app), 'utf8') : ''
const migrate = (says: string) => `echo migrating; echo ${says} >> $HOME/migrated`

describe('a job before the rollout', () => {
  it('runs before anything of the release starts, of the first one too, and the push says so', async () => {
    const first = `if (!require('node:fs').existsSync(process.env.HOME + '/migrated')) process.exit(1)`
    const app = await naru.repository(
      'migrate',
      withJob('one', migrate('one'), { webFirst: first }),
    )

    const { code, output } = await app.push()
    await app.deploy(withJob('two', migrate('two')))

    expect(code).toBe(0)
    expect(output).toMatch(/migrate[\s\S]*starting web of v1/)
    expect(notes('migrate')).toBe('one\ntwo\n')
    expect((await naru.visit('migrate')).body).toBe('two')
  })

  it('does not run again in a rollback', async () => {
    const { code } = await naru.cli(['rollback', '--app', 'migrate'])

    expect(code).toBe(0)
    expect(notes('migrate')).toBe('one\ntwo\n')
  })

  it('that fails ends the push with its exit code and its output, and what serves goes on', async () => {
    const app = await naru.repository('broken', withJob('one', 'true'))
    await app.push()

    const { code, output } = await app.deploy(withJob('two', 'echo the table is gone; exit 3'))

    expect(code).not.toBe(0)
    expect(output).toContain('the table is gone')
    expect(output).toMatch(/exit code 3/)
    expect(output).toContain('v1 is still serving')
    expect((await naru.visit('broken')).body).toBe('one')
    const { instances } = await naru.status('broken')
    expect(instances.map(({ release }) => release)).toEqual([1])
  })

  it('that is under way when the server is killed goes on, and succeeds once', async () => {
    const app = await naru.repository('killed', withJob('one', 'true'))
    await app.push()
    await app.commit(withJob('two', `echo begun >> $HOME/migrated; sleep 3; ${migrate('two')}`))
    const push = app.pushing()
    await until(() => notes('killed') !== '', 'the job to begin')

    await naru.crash()
    await push.ended
    await naru.up()

    await until(async () => (await naru.status('killed')).stable === 2, 'v2 to be stable')
    expect(notes('killed')).toBe('begun\ntwo\n')
  })

  it('is ended, with all that it started, when its deployment is aborted', async () => {
    const app = await naru.repository('long', withJob('one', 'true'))
    await app.push()
    await app.commit(withJob('two', 'sh -c "echo $$ > $HOME/migrated; exec sleep 600"'))
    const push = app.pushing()
    await until(() => notes('long') !== '', 'the job to begin')

    await naru.cli(['deployments', 'abort', '2', '--app', 'long'])
    const { code } = await push.ended

    expect(code).not.toBe(0)
    const pid = Number(notes('long'))
    await until(() => !isAlive(pid), 'the job to be gone', 5000)
    expect((await naru.visit('long')).body).toBe('one')
  })

  it('is ended when a newer push comes', async () => {
    const app = await naru.repository('newer', withJob('one', 'true'))
    await app.push()
    await app.commit(withJob('two', 'echo $$ > $HOME/migrated; sleep 600'))
    const push = app.pushing()
    await until(() => notes('newer') !== '', 'the job to begin')

    const { code } = await app.deploy(withJob('three', 'true'))

    expect(code).toBe(0)
    expect((await push.ended).output).toContain('superseded')
    expect((await naru.visit('newer')).body).toBe('three')
  })
})
