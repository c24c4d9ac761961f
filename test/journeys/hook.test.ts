import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { commandOf, Naru, processesOf, until } from '../support/naru.ts'

let naru: Naru

beforeEach(async () => {
  naru = await Naru.create()
  await naru.up()
})
afterEach(() => naru.close())

const talking = (): string[] =>
  processesOf(naru.data)
    .map((pid) => commandOf(pid).replaceAll('\0', ' '))
    .filter((command) => /receive-pack|proc-receive/.test(command))

/** A push that the deployment still holds. */
async function pushing() {
  const shop = await naru.repository(
    'shop',
    webApp({ says: 'one', healthyFor: '20s', healthyWithin: '60s' }),
  )
  const push = shop.pushing()
  await push.said('starting web')
  expect(talking()).not.toEqual([])
  return push
}

describe('the git and the hook of a push', () => {
  it('end with the server that is killed, and the deployment goes on under the next', async () => {
    const push = await pushing()
    await naru.crash()

    expect((await push.ended).code).not.toBe(0)
    await until(() => talking().length === 0, 'git and hook to end', 10_000)

    await naru.up()
    expect((await naru.status('shop')).deployment).toMatchObject({ release: 1 })
  })

  it('have ended when naru down returns', async () => {
    const push = await pushing()
    expect((await naru.cli(['down'])).code).toBe(0)

    expect(processesOf(naru.data)).toEqual([])
    expect((await push.ended).code).not.toBe(0)
  })
})
