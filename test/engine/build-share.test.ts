import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { holdBuildsBack } from '../../src/engine/docker/images/build-share.ts'

function machine(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'naru-share-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

it.each([
  [
    'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0',
    '/sys/fs/cgroup/cpu,cpuacct/docker/buildkit/cpu.shares',
    '102',
  ],
  ['cgroup2 /sys/fs/cgroup cgroup2 rw 0 0', '/sys/fs/cgroup/docker/buildkit/cpu.weight', '10'],
])('builds come behind the apps by %s', async (mount, file, value) => {
  const root = machine({ '/proc/self/mounts': `${mount}\n`, [file]: '1024' })
  expect(await holdBuildsBack(root)).toBe(true)
  expect(readFileSync(join(root, file), 'utf8').slice(0, value.length)).toBe(value)
})

it('builds that have no group yet are not held back, and nothing is made for it', async () => {
  const root = machine({ '/proc/self/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n' })
  expect(await holdBuildsBack(root)).toBe(false)
})
