import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { permissions } from '../../src/access/permissions.ts'
import { ask, startApi } from './rig.ts'

const table = readFileSync(new URL('../../src/contract/README.md', import.meta.url), 'utf8')

/** "GET /v1/apps/:app", as the table has it. */
const rows = [...table.matchAll(/^\| ([A-Z, ]+) `([^`]+)` +\|/gm)].flatMap(
  ([, methods = '', path = '']) =>
    methods.split(', ').map((method) => `${method} ${routeOf(path)}`),
)

function routeOf(path: string): string {
  return path
    .replace(/\?.*$/, '')
    .replace('/git/APP.git/…', '/git/*')
    .replace('HOME', '/v1/apps/APP/environments/ENV')
    .replace('APP', ':app')
    .replace('ENV', ':environment')
    .replace('TOKEN', ':token')
    .replace('HOST', ':host')
    .replace(/\/N(?=\/|$)/, '/:number')
}

test('every row of the table is a route, and every route is a row', async () => {
  const { api } = await startApi()
  const routes = api.routes.map(({ method, url }) => `${method} ${url}`)
  expect(rows.length).toBeGreaterThan(25)
  expect(routes.toSorted()).toEqual(rows.toSorted())
})

test('every route names a permission that there is, and only two are open', async () => {
  const { api } = await startApi()
  const open = api.routes.filter(({ permission }) => permission === 'open').map(({ url }) => url)
  expect(open.toSorted()).toEqual(['/openapi.json', '/v1/health'])
  const named = api.routes.map(({ permission }) => permission).filter((name) => name !== 'open')
  expect(named.filter((name) => !permissions.some((each) => each === name))).toEqual([])
  expect(permissions.filter((each) => !named.includes(each))).toEqual([])
})

test('OpenAPI 3.1 describes every row but those of git and itself', async () => {
  const rig = await startApi()
  const { status, json } = await ask(rig, '/openapi.json', { token: null })
  expect(status).toBe(200)
  expect(json).toMatchObject({ openapi: '3.1.0', security: [{ token: [] }] })
  const paths = Object.entries(json['paths'] as Record<string, Record<string, Operation>>)
  const described = paths.flatMap(([path, methods]) =>
    Object.keys(methods).map(
      (method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    ),
  )
  const others = rows.filter((row) => !row.includes('/git/') && !row.includes('openapi'))
  expect(described.toSorted()).toEqual(others.toSorted())
})

test('OpenAPI has a shape for every body, answer, failure and parameter', async () => {
  const rig = await startApi()
  const { json } = await ask(rig, '/openapi.json', { token: null })
  const paths = Object.entries(json['paths'] as Record<string, Record<string, Operation>>)
  for (const [path, methods] of paths) {
    for (const [method, { summary, responses, requestBody, parameters = [] }] of Object.entries(
      methods,
    )) {
      const where = `${method} ${path}`
      expect(summary, where).toBeTruthy()
      const statuses = Object.keys(responses)
      expect(statuses, where).toContain('4XX')
      // A WebSocket answers with no body but its messages.
      const isSocket = path.endsWith('/run')
      expect(isSocket || statuses.some((status) => status.startsWith('2')), where).toBe(true)
      for (const [status, { content }] of Object.entries(responses)) {
        if (status === '204' || `${where} ${status}` === 'post /v1/server/stop 202') continue
        expect(Object.values(content ?? {})[0]?.schema, `${where} ${status}`).toBeTruthy()
      }
      if (method === 'patch') expect(requestBody, where).toBeTruthy()
      const named = parameters.filter((each) => each.in === 'path').map(({ name }) => name)
      expect(named, where).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
    }
  }
})

type Operation = {
  summary?: string
  parameters?: { name: string; in: string }[]
  requestBody?: unknown
  responses: Record<string, { content?: Record<string, { schema?: unknown }> }>
}
