import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { type Cgroup, makeCgroup } from '../../src/base/cgroup.ts'
import { randomId } from '../../src/base/id.ts'
import { runStep } from '../../src/build/step.ts'

const run = async (command: string, cgroup: Cgroup | null) => {
  let said = ''
  const end = await runStep(command, {
    folder: tmpdir(),
    environment: { PATH: process.env.PATH ?? '' },
    mark: `NARU_MARK=${randomId()}`,
    runAs: null,
    cgroup,
    output: () => ({
      async write(chunk) {
        said += chunk.toString()
      },
      async end() {},
    }),
    signal: new AbortController().signal,
  })
  return { end, said }
}

const wait = (ms: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

test('a step starts nothing before it is in its group, however late that is', async () => {
  const started: string[] = []
  const { end, said } = await run('cat /dev/fd/0 < /dev/null; echo $0; exit 3', {
    version: 'v1',
    add(pid) {
      wait(200)
      started.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 3).join(' '))
      started.push(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'))
    },
    async remove() {},
  })
  expect(started).toEqual([expect.stringMatching(/^\/bin\/sh -c read -r go/), ''])
  expect([end, said]).toEqual([{ exitCode: 3, signal: null }, '/bin/sh\n'])
})

test('a step that cannot be put in its group never runs, and its process ends', async () => {
  let held = 0
  const group = {
    version: 'v1' as const,
    add(pid: number) {
      held = pid
      throw new Error('no such group')
    },
    async remove() {},
  }
  await expect(run('echo ran', group)).rejects.toThrow('no such group')
  const alive = (): boolean => {
    try {
      return process.kill(held, 0)
    } catch {
      return false
    }
  }
  await expect.poll(alive).toBe(false)
})

test('all that a step starts is in its group', async () => {
  const cgroup = await makeCgroup(`naru-test-${randomId()}`)
  try {
    const { said } = await run('sh -c "cat /proc/self/cgroup"', cgroup)
    if (cgroup) expect(said).toMatch(/naru-test-/)
    else expect(said).not.toMatch(/naru-test-/)
  } finally {
    await cgroup?.remove()
  }
})
