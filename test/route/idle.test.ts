import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { routeTo } from './backend.ts'
import { Lab } from './lab.ts'
import { ask } from './visitor.ts'

const lab = new Lab()
const connections = 10_000

const megabytesOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

type Count = { answered: number; closed: number }
const countOf = (crowd: ChildProcess) =>
  new Promise<Count>((resolve) => crowd.once('message', (count: Count) => resolve(count)))

it('10,000 connections that rest cost about 10 KB each, and nobody else waits for them', {
  timeout: 120_000,
}, async () => {
  const { router, port } = await lab.start()
  await router.apply({ number: 1, routes: [routeTo([await lab.says('shop')])] })
  expect((await ask({ port })).body).toBe('shop')
  const before = megabytesOf(router.pid)
  const crowd = fork('test/route/programs/idle-crowd.cjs', [String(port), String(connections)], {
    execArgv: [],
  })
  lab.endings.push(() => crowd.kill('SIGKILL'))
  expect(await countOf(crowd)).toEqual({ answered: connections, closed: 0 })
  const waits: number[] = []
  for (let time = 0; time < 50; time++) {
    const began = performance.now()
    expect((await ask({ port })).body).toBe('shop')
    waits.push(performance.now() - began)
  }
  expect(waits.sort((a, b) => a - b)[25]).toBeLessThan(100)
  const grown = megabytesOf(router.pid) - before
  expect(grown * 1024).toBeLessThan(12 * connections)
  const asked = countOf(crowd)
  crowd.send('count')
  expect(await asked).toEqual({ answered: connections, closed: 0 })
})
