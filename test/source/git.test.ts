import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkGit, git } from '../../src/source/git.ts'
import { writeProgram } from './rig.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'naru-git-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A folder with a git that says so about its version. */
async function gitThatSays(said: string): Promise<string> {
  const bin = await mkdtemp(join(folder, 'bin-'))
  await writeProgram(join(bin, 'git'), `#!/bin/sh\necho '${said}'\n`)
  return bin
}

describe('git on this machine', () => {
  it('is there and new enough', async () => {
    expect(await checkGit()).toMatch(/^\d+\.\d+/)
  })

  it.each([
    ['git version 2.29.0', '2.29.0'],
    ['git version 2.39.3 (Apple Git-146)', '2.39.3'],
    ['git version 3.0.0-rc1', '3.0.0'],
    ['git version 2.100.1.windows.1', '2.100.1'],
  ])('is taken when it says %s', async (said, found) => {
    expect(await checkGit(await gitThatSays(said))).toBe(found)
  })

  it.each([
    ['git version 2.28.1', '2.28.1'],
    ['git version 1.99.0', '1.99.0'],
    ['what?', 'what?'],
  ])('is too old when it says %s', async (said, found) => {
    await expect(checkGit(await gitThatSays(said))).rejects.toMatchObject({
      code: 'git.too-old',
      facts: { found, needed: '2.29' },
    })
  })

  it('may be missing', async () => {
    await expect(checkGit(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'git.missing' })
  })

  it('fails with the last thing it said', async () => {
    await expect(
      git(['rev-parse', 'HEAD'], { repository: join(folder, 'none.git') }),
    ).rejects.toMatchObject({
      code: 'git.failed',
      facts: { command: 'git rev-parse', reason: expect.stringContaining('not a git repository') },
    })
    await expect(git(['version', '--build-options'], { limitBytes: 5 })).rejects.toMatchObject({
      facts: { command: 'git version', reason: 'it was killed, or wrote more than 5 bytes' },
    })
  })

  it('obeys no configuration but that of the repository', async () => {
    process.env['GIT_CONFIG_PARAMETERS'] = "'user.name=Mallory'"
    try {
      const { code } = await git(['config', '--get', 'user.name'], { codes: [1] })
      expect(code).toBe(1)
    } finally {
      delete process.env['GIT_CONFIG_PARAMETERS']
    }
  })
})
