import { afterEach, beforeEach, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru } from '../support/naru.ts'

let naru: Naru

beforeEach(async () => {
  naru = await Naru.create()
  await naru.up()
})
afterEach(() => naru.close())

const slowMs = 1_500
const app = (says: string, more: string) => webApp({ says, slowMs, more: `routes:\n  - ${more}\n` })

it('the timeouts and limits of naru.yaml come with their release and go with it, across a restart of the server', async () => {
  const shop = await naru.repository(
    'shop',
    app('one', '{ timeouts: { answer: 500ms }, limits: { in-flight: 1, queue: 0 } }'),
  )
  expect((await shop.push()).code).toBe(0)
  expect((await naru.visit('shop', '/slow')).status).toBe(504)

  await naru.crash()
  await naru.up()
  expect((await naru.visit('shop', '/slow')).status).toBe(504)

  expect((await shop.deploy(app('two', 'limits: { in-flight: 1, queue: 0 }'))).code).toBe(0)
  const visits = await Promise.all(
    ['/slow', '/slow', '/slow'].map((path) => naru.visit('shop', path)),
  )
  expect(visits.map(({ status }) => status).sort()).toEqual([200, 503, 503])
  const away = visits.find(({ status }) => status === 503)
  expect(away?.body).toContain('Too many requests at once')
  expect(Number(away?.headers['retry-after'])).toBeGreaterThan(0)

  expect((await naru.cli(['rollback', '--app', 'shop'])).code).toBe(0)
  expect((await naru.visit('shop', '/slow')).status).toBe(504)
})
