import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { routeTo } from './backend.ts'
import { type InProcess, inProcess } from './in-process.ts'
import { smuggling } from './smuggling.ts'
import { type StrictApp, strictApp } from './strict-app.ts'
import { askRaw } from './visitor.ts'

let router: InProcess
let app: StrictApp

beforeAll(async () => {
  app = await strictApp()
  router = await inProcess({ lingerMs: 200 })
  router.apply(routeTo([app]))
})
afterAll(async () => {
  await router.close()
  await app.close()
})
beforeEach(() => void app.seen.splice(0))

const statuses = (answers: string): number[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** All that comes back until the router ends the connection. */
async function send(bytes: string, then?: string): Promise<string> {
  if (then === undefined) return askRaw(router.port, bytes)
  const socket = connect(router.port, '127.0.0.1')
  let answers = ''
  socket.on('data', (chunk: Buffer) => {
    answers += chunk.toString('latin1')
  })
  const ended = new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject))
  socket.write(bytes, 'latin1')
  await vi.waitUntil(() => app.seen.some(({ body }) => body === 'abc'), { timeout: 5_000 })
  socket.write(then, 'latin1')
  await ended
  return answers
}

describe('bytes of a client', () => {
  it.each(smuggling)('$what', async ({ bytes, then, gets, reaches = [] }) => {
    const answers = await send(bytes, then)
    expect(statuses(answers)).toEqual(gets)
    const seen = app.seen.map(({ line, body }) => {
      const taken = then === undefined ? body : body.slice(0, 3)
      return `${line.replace(/ HTTP\/1\.1$/, '')} ${taken}`
    })
    expect(seen).toEqual(reaches)
    for (const { line, beside, whole } of app.seen) {
      expect(beside).toBe('')
      expect(line).not.toContain('smuggled')
      expect(whole).toBe(gets[0] === 200)
    }
  })
})

it('the corpus has at least a hundred requests, each told apart by its name', () => {
  const names = new Set(smuggling.map(({ what }) => what))
  expect(names.size).toBe(smuggling.length)
  expect(names.size).toBeGreaterThanOrEqual(100)
})
