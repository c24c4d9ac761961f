import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { cgroupUsage } from '../../src/engine/docker/usage.ts'

/** A machine's files, as far as they are looked at. */
function machine(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'naru-cgroup-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

it('a container in one tree of groups is read where the tree says it is', async () => {
  const group = '/sys/fs/cgroup/system.slice/docker-4f1c.scope'
  const root = machine({
    '/proc/7/cgroup': '0::/system.slice/docker-4f1c.scope\n',
    '/proc/self/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n',
    [`${group}/cpu.stat`]: 'usage_usec 2500000\nuser_usec 2000000\n',
    [`${group}/memory.current`]: '104857600\n',
    [`${group}/memory.stat`]: 'anon 50000000\ninactive_file 4857600\n',
    [`${group}/pids.current`]: '12\n',
  })
  expect(await cgroupUsage(7, root)).toEqual({
    cpuSeconds: 2.5,
    memoryBytes: 100_000_000,
    processes: 12,
  })
})

it('one in a tree for each controller is read in each of them', async () => {
  const root = machine({
    '/proc/7/cgroup':
      '6:pids:/docker/4f1c\n4:memory:/docker/4f1c\n3:cpu,cpuacct:/docker/4f1c\n0::/docker/4f1c\n',
    '/proc/self/mounts':
      'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0\ncgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\ncgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/4f1c/cpuacct.usage': '1500000000\n',
    '/sys/fs/cgroup/memory/docker/4f1c/memory.usage_in_bytes': '20000000\n',
    '/sys/fs/cgroup/memory/docker/4f1c/memory.stat':
      'inactive_file 1\ntotal_inactive_file 5000000\n',
    '/sys/fs/cgroup/pids/docker/4f1c/pids.current': '3\n',
  })
  expect(await cgroupUsage(7, root)).toEqual({
    cpuSeconds: 1.5,
    memoryBytes: 15_000_000,
    processes: 3,
  })
})

it('one whose files cannot be read is not made up', async () => {
  expect(await cgroupUsage(7, machine({ '/proc/7/cgroup': '0::/a\n' }))).toBeNull()
})
