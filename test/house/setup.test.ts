import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { transform } from 'esbuild'
import { afterEach, describe, expect, test } from 'vitest'
import { readSource, root } from './sources.ts'

const early = ['scripts/setup.mjs', 'scripts/test.mjs', 'scripts/demo.mjs']

test.each(early)('%s can be read by the Node.js 14 that it has to refuse', async (path) => {
  const { text } = readSource(path)
  const [old, latest] = await Promise.all([
    transform(text, { target: 'node14', format: 'esm' }),
    transform(text, { target: 'esnext', format: 'esm' }),
  ])
  expect(old.code).toBe(latest.code)
})

describe('set-up in a clone', () => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })

  /** A clone with nothing but the scripts, and a PATH with nothing but `programs`. */
  function clone(programs: Record<string, string>) {
    const folder = mkdtempSync(join(tmpdir(), 'naru-clone-'))
    folders.push(folder)
    cpSync(join(root, 'scripts/setup.mjs'), join(folder, 'scripts/setup.mjs'))
    const path = join(folder, 'path')
    mkdirSync(path)
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(path, name), `#!/bin/sh\n${text}\n`)
      chmodSync(join(path, name), 0o755)
    }
    return { folder, path }
  }

  function setUp({ folder, path }: { folder: string; path: string }, ...node: string[]) {
    return spawnSync(process.execPath, [...node, join(folder, 'scripts/setup.mjs')], {
      encoding: 'utf8',
      env: { PATH: path, HOME: folder },
    })
  }

  test('does nothing where all is there', () => {
    // An npm that fails, so that this never installs anything over what the tests are running on.
    const { path } = clone({ git: 'echo git version 2.39.5', npm: 'exit 1' })
    const { status, stderr } = setUp({ folder: root, path })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  test('says so in three lines where there is no git', () => {
    const { status, stderr } = setUp(clone({}))
    expect(status).toBe(6)
    expect(stderr).toBe(
      'Naru needs git 2.29 or newer: a push is decided in its proc-receive hook.\n' +
        'No git was found on the PATH.\n' +
        'Install it (Debian: apt-get install git), then run this again.\n',
    )
  })

  test('says so where git is too old', () => {
    const { status, stderr } = setUp(clone({ git: 'echo git version 2.20.1' }))
    expect(status).toBe(6)
    expect(stderr).toContain('This is git version 2.20.1.')
  })

  test('says so where Node.js is too old', () => {
    const place = clone({ git: 'echo git version 2.39.5' })
    const pretend = join(place.folder, 'old.cjs')
    writeFileSync(
      pretend,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.0' } })",
    )
    const { status, stderr } = setUp(place, '--require', pretend)
    expect(status).toBe(6)
    expect(stderr).toContain('This is Node.js 18.19.0')
    expect(stderr.trim().split('\n')).toHaveLength(3)
  })

  test('names the missing compiler before it starts, and why npm ci failed', () => {
    const place = clone({
      git: 'echo git version 2.39.5',
      npm: 'echo no such registry >&2; exit 1',
    })
    const { status, stderr } = setUp(place)
    expect(status).toBe(6)
    expect(stderr).toContain('Not found: python3, make, g++')
    expect(stderr).toContain('no such registry')
    expect(stderr).toContain('npm ci ended with exit code 1')
    expect(stderr).toContain('Install python3, make and g++')
  })

  test('waits for another one only while it is alive', () => {
    const place = clone({ git: 'echo git version 2.39.5', npm: 'exit 1' })
    const gone = spawnSync('true').pid
    const lock = join(place.folder, 'dist/.setup.lock')
    mkdirSync(dirname(lock))
    writeFileSync(lock, String(gone))
    const { stderr } = setUp(place)
    expect(stderr).toContain('Another set-up of this clone is running')
    expect(stderr).toContain('npm ci ended with exit code 1')
  })
})
