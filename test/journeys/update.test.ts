import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NewerNaru, newerNaru } from '../faults/newer-naru.ts'
import { ask, crowd } from '../route/visitor.ts'
import { webApp } from '../support/apps.ts'
import { Naru } from '../support/naru.ts'

let naru: Naru
let newer: NewerNaru

beforeAll(async () => {
  naru = await Naru.started()
  const shop = await naru.repository('shop', webApp({ says: 'one', slowMs: 6_000 }))
  expect((await shop.push()).code).toBe(0)
  newer = newerNaru(naru.program)
})
afterAll(async () => {
  await naru.close()
  newer.remove()
})

const visit = (more: { path?: string; agent?: Agent } = {}) =>
  ask({ port: naru.http, host: 'shop.localhost', ...more })

describe('naru up of a newer Naru', () => {
  it('updates server and router by that one command, and no visitor notices', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const wanted = ({ body }: { body: string }) => body === 'one'
    const crowds = [crowd(3, () => visit({ agent }), wanted), crowd(2, visit, wanted)]
    const slow = visit({ path: '/slow' })
    const before = naru.pid()
    const [instance] = (await naru.status('shop')).instances

    naru.program = newer.cli
    const up = await naru.cli(['up'])

    expect(up).toMatchObject({ code: 0 })
    expect(up.stdout).toMatch(
      /^Naru is up with the programs of version \d+\.\d+\.\d+; router and apps went on/,
    )
    expect(naru.pid()).not.toBe(before)
    expect((await naru.status('shop')).instances[0]?.id).toBe(instance?.id)
    expect((await slow).body).toBe('one')
    const asked = crowds.map((each) => each.asked())
    while (crowds.some((each, at) => each.asked() < (asked[at] ?? 0) + 20)) await visit()
    for (const each of crowds) expect((await each.stop()).failures).toEqual([])
    agent.destroy()
    expect(naru.log()).toContain('the router has handed over to a newer one')
  })

  it('has nothing to do a second time', async () => {
    const before = naru.pid()
    const up = await naru.cli(['up'])
    expect(up.stdout).toMatch(/^Naru runs already\./)
    expect(naru.pid()).toBe(before)
  })

  it('with a router that does not come up keeps the older one serving, and says so', async () => {
    const broken = newerNaru(naru.program)
    const router = join(dirname(broken.cli), 'router.cjs')
    writeFileSync(router, "throw new Error('broken on purpose')")
    naru.program = broken.cli
    const up = await naru.cli(['up'])
    expect(up).toMatchObject({ code: 0 })
    expect(up.stdout).toContain(
      'The router is still the one of before, and serves: the newer one did not come up. Why: ',
    )
    expect(readFileSync(join(naru.data, 'router/router.log'), 'utf8')).toContain(
      'Error: broken on purpose',
    )
    expect((await naru.visit('shop')).body).toBe('one')
    naru.program = newer.cli
    const back = await naru.cli(['up'])
    expect(back).toMatchObject({ code: 0 })
    expect(back.stdout).not.toContain('the one of before')
    broken.remove()
  })

  it('leaves the next change as it always was', async () => {
    const shop = await naru.repository('second', webApp({ says: 'two' }))
    expect((await shop.push()).output).toContain('live at')
    expect((await naru.visit('second')).body).toBe('two')
  })
})
