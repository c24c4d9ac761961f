import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cgroupPlaces, cgroupVersion, makeCgroup, removeCgroup } from '../../src/base/cgroup.ts'

const v1 = 'cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0'
const memory = 'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0'
const v2 = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0'
const unified = 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0'

describe('groups are made', () => {
  test.each([
    [
      'below the own group, then at the top, where version 1 shares the processors',
      [v1, memory].join('\n'),
      '4:cpu,cpuacct:/box\n3:memory:/other',
      ['v1 /sys/fs/cgroup/cpu,cpuacct/box', 'v1 /sys/fs/cgroup/cpu,cpuacct'],
    ],
    [
      'beside the own group, then at the top, in version 2',
      v2,
      '0::/system.slice/naru.service',
      ['v2 /sys/fs/cgroup/system.slice', 'v2 /sys/fs/cgroup'],
    ],
    ['at the top alone where that is the own group', v2, '0::/', ['v2 /sys/fs/cgroup']],
    [
      'by version 1 first where a machine has both',
      [unified, v1].join('\n'),
      '4:cpu,cpuacct:/\n0::/',
      ['v1 /sys/fs/cgroup/cpu,cpuacct', 'v2 /sys/fs/cgroup/unified'],
    ],
    [
      'where the mount is, whatever its name',
      'cgroup2 /odd\\040name cgroup2 rw 0 0',
      '0::/',
      ['v2 /odd name'],
    ],
    ['nowhere on a machine that has none', 'proc /proc proc rw 0 0', '', []],
    ['nowhere by version 1 for memory alone', memory, '3:memory:/', []],
  ])('%s', (_where, mounts, own, expected) => {
    expect(cgroupPlaces(mounts, own).map(({ version, folder }) => `${version} ${folder}`)).toEqual(
      expected,
    )
  })
})

const version = await cgroupVersion()

describe.skipIf(version === null)(`a group on this machine (${version})`, () => {
  test('has a process and all that it starts, gets a small share, and is gone afterwards', async () => {
    const name = `naru-test-${process.pid}`
    const group = await makeCgroup(name)
    const child = spawn('/bin/sh', ['-c', 'read go; sh -c "cat /proc/self/cgroup"'])
    const said: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
    const closed = new Promise((resolve) => child.once('close', resolve))
    group?.add(child.pid ?? 0)
    const folder = folderOf(child.pid ?? 0, name)
    const file = version === 'v1' ? 'cpu.shares' : 'cpu.weight'
    expect(readFileSync(join(folder, file), 'utf8').trim()).toBe(version === 'v1' ? '102' : '10')
    child.stdin.end('go\n')
    await closed
    expect(Buffer.concat(said).toString()).toContain(`/${name}\n`)
    await group?.remove()
    expect(existsSync(folder)).toBe(false)
  })

  test('takes no notice of a process that has ended, and of a removal that was done', async () => {
    const name = `naru-test-gone-${process.pid}`
    const group = await makeCgroup(name)
    const child = spawn('true')
    await new Promise((resolve) => child.once('close', resolve))
    expect(() => group?.add(child.pid ?? 0)).not.toThrow()
    await removeCgroup(name)
    await expect(removeCgroup(name)).resolves.toBeUndefined()
    await group?.remove()
  })
})

test.skipIf(version !== null)('where this process may make none, there is none', async () => {
  expect(await makeCgroup(`naru-test-${process.pid}`)).toBeNull()
})

/** Where the kernel says that a process is. */
function folderOf(pid: number, name: string): string {
  const own = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  const path =
    own
      .split('\n')
      .find((line) => line.endsWith(`/${name}`))
      ?.split(':')[2] ?? ''
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const isIt = (line: string) => {
    const [, , kind, options = ''] = line.split(' ')
    return version === 'v2'
      ? kind === 'cgroup2'
      : kind === 'cgroup' && options.split(',').includes('cpu')
  }
  return join(mounts.find(isIt)?.split(' ')[1] ?? '', path)
}
