import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { credentialConfig, credentialScript } from '../../src/source/credential.ts'
import { type Person, type Rig, startPerson, startRig, writeProgram } from './rig.ts'

let rig: Rig
let ana: Person
let data: string
let script: string

beforeAll(async () => {
  rig = await startRig()
  await rig.repositories.ensure('shop')
  data = join(rig.folder, `it's a "data" folder; $(touch x) \`id\` \\ 한글`)
  script = join(data, 'git-credential')
  await writeProgram(script, credentialScript)
  await writeFile(join(data, 'token'), `${rig.token}\n`, { mode: 0o600 })
  ana = await startPerson(rig, 'shop')
  await ana.git('remote', 'set-url', 'naru', `${rig.url}/git/shop.git`)
  await ana.commit('first', { a: '1' })
})
afterAll(() => rig.close())

async function configure(person: Person): Promise<void> {
  const entries = credentialConfig(rig.url, script)
  for (const { key } of entries) await person.git('config', '--unset-all', key)
  for (const { key, value } of entries) await person.git('config', '--add', key, value)
}

describe('the credential helper', () => {
  it('lets git push and clone without a question, from a folder with any name', async () => {
    expect((await ana.git('push', 'naru', 'main')).code).toBe(128)
    await configure(ana)
    await configure(ana)
    const { code, err } = await ana.git('push', 'naru', 'main')
    expect([code, err]).toEqual([0, expect.stringContaining('main -> main')])
    expect((await ana.git('fetch', 'naru')).code).toBe(0)
  })

  it('leaves no token in the repository, and asks no other helper', async () => {
    await writeProgram(
      join(rig.folder, 'other-helper'),
      `#!/bin/sh\ntouch '${rig.folder}/other-was-asked'\n`,
    )
    await ana.git('config', '--global', 'credential.helper', join(rig.folder, 'other-helper'))
    await configure(ana)
    expect((await ana.git('push', 'naru', 'main')).code).toBe(0)
    const config = await readFile(join(ana.folder, '.git/config'), 'utf8')
    expect(config).not.toContain(rig.token)
    await expect(readFile(join(rig.folder, 'other-was-asked'))).rejects.toThrow('ENOENT')
  })

  it('gives the token on get, and takes nothing on store and erase', async () => {
    const run = async (operation: string) => (await promisify(execFile)(script, [operation])).stdout
    expect(await run('get')).toBe(`username=naru\npassword=${rig.token}\n`)
    expect([await run('store'), await run('erase')]).toEqual(['', ''])
  })

  it('serves no other server', async () => {
    await configure(ana)
    const { err } = await ana.git(
      '-c',
      `credential.helper=`,
      'ls-remote',
      'http://127.0.0.1:9/git/shop.git',
    )
    expect(err).not.toContain('Authentication')
    const entries = await ana.git(
      'config',
      '--get-urlmatch',
      'credential.helper',
      'http://127.0.0.1:9/',
    )
    expect(entries.out).not.toContain('git-credential')
  })

  it('stops git where the token cannot be read, instead of asking for a password', async () => {
    await configure(ana)
    await rm(join(data, 'token'))
    const { code, err } = await ana.git('push', 'naru', 'main')
    expect(code).toBe(128)
    expect(err).toMatch(/cat: .*No such file or directory/)
    expect(err).not.toContain('Password')
  })
})
