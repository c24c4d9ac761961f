import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { gitHttp } from '../../src/source/git-http.ts'
import { repositories } from '../../src/source/repository.ts'
import {
  aBuild,
  aDeployment,
  aFailedDeployment,
  aStatus,
  badStory,
  goodStory,
  home,
  StandIn,
} from '../support/stand-in.ts'
import { Rig } from './rig.ts'

let rig: Rig
let api: StandIn
let gitServer: Server
/** A real git server with the real hook, in front of an API that says what the test wants. */
beforeEach(async () => {
  rig = await Rig.made()
  api = await StandIn.started()
  const source = repositories({ folder: join(rig.folder, 'git') })
  await source.ensure('shop')
  const answer = gitHttp({
    repositories: source,
    hook: { node: process.execPath, cli: rig.program },
    environment: () => ({ ...api.environment, NARU_ENVIRONMENT: 'production' }),
  })
  gitServer = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const path = pathname.replace('/git/shop.git/', '')
    const query = Object.fromEntries(searchParams)
    answer
      .serve(request, response, { app: 'shop', path, query, pusher: 'owner' })
      .catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => gitServer.listen(0, '127.0.0.1', resolve))
  const { port } = gitServer.address() as AddressInfo
  await rig.git('init', '-q', '-b', 'main')
  await rig.git('commit', '-q', '--allow-empty', '-m', 'Sell more')
  await rig.git('remote', 'add', 'naru', `http://127.0.0.1:${port}/git/shop.git`)

  api.json('POST /v1/apps/shop/pushes', 202, aBuild({ status: 'queued' }))
  const log = [{ text: 'npm ci' }, { text: 'done in 2.9 s' }]
  api.stream('GET /v1/apps/shop/builds/3/log', [
    ...log.map((line): [string, unknown] => ['line', line]),
    ['end', aBuild()],
  ])
  api.json(`GET ${home}/deployments/4`, 200, { ...aDeployment(), events: [] })
  api.json(`GET ${home}`, 200, aStatus())
})
afterEach(async () => {
  gitServer.closeAllConnections()
  await new Promise((resolve) => gitServer.close(resolve))
  await api.stop()
  rig.remove()
})

const story = (events: unknown[], end: unknown) =>
  api.stream(`GET ${home}/deployments/4/events`, [
    ...events.map((event): [string, unknown] => ['event', event]),
    ['end', end],
  ])

/** The lines that the pusher's git shows as said by Naru. */
const remoteLines = (stderr: string) =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trimEnd())

describe('git push', () => {
  it('shows the build and the deployment, and succeeds with the release', async () => {
    story(goodStory, aDeployment())
    const { code, stderr } = await rig.git('push', 'naru', 'main')
    expect(remoteLines(stderr)).toEqual([
      'build 3 of 0123456: Sell more',
      '  npm ci',
      '  done in 2.9 s',
      'build 3 succeeded in 3.1 s: release v3',
      'deployment 4: v3',
      'starting web of v3',
      'web is healthy after 1.4 s',
      'moving traffic to v3',
      'watching v3 under traffic for 10 s',
      'live at http://shop.localhost:8080 in 1.9 s',
      'v3 is stable; v2 stays warm for 10 min',
    ])
    expect(code).toBe(0)
    const head = (await rig.git('rev-parse', 'HEAD')).stdout.trim()
    expect(api.requests[0]?.body).toEqual({ commit: head, ref: 'refs/heads/main' })
  })

  it('fails with the release, saying why, and the same commit can be pushed again', async () => {
    story(badStory, aFailedDeployment)
    api.stream(`GET ${home}/logs`, [])
    const { code, stderr } = await rig.git('push', 'naru', 'main')
    expect(code).toBe(1)
    expect(remoteLines(stderr).slice(-4)).toEqual([
      'v2 is still serving',
      expect.stringMatching(/^✖ web of v3 did not become healthy within 30 s/),
      '  → listen on process.env.PORT',
      '  (rollout.unhealthy)',
    ])
    expect(stderr).toMatch(/! \[remote rejected\] main -> main \(web of v3 did not become healthy/)
    story(goodStory, aDeployment())
    expect((await rig.git('push', 'naru', 'main')).code).toBe(0)
  })

  it('of a branch that no environment deploys is refused in the words of the server', async () => {
    api.fails('POST /v1/apps/shop/pushes', 409, 'push.branch', 'nobody deploys try', 'do this')
    const { code: exit, stderr } = await rig.git('push', 'naru', 'main:try')
    expect(exit).toBe(1)
    expect(remoteLines(stderr)).toEqual(['✖ nobody deploys try', '  → do this', '  (push.branch)'])
  })

  it('of a tag or of several branches is refused in words, without asking the server', async () => {
    for (const [args, code] of [
      [['main:refs/tags/v1'], 'push.tag'],
      [['main', 'main:try'], 'push.several'],
    ] as const) {
      const { code: exit, stderr } = await rig.git('push', 'naru', ...args)
      expect(exit).toBe(1)
      expect(remoteLines(stderr).at(-1)).toBe(`  (${code})`)
    }
    expect(api.requests).toEqual([])
  })
})
