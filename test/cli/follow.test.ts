import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeLine, encodePacket } from '../../src/source/pkt-line.ts'
import {
  aBuild,
  aCommit,
  aDeployment,
  aFailedDeployment,
  aStatus,
  badStory,
  beginStream,
  goodStory,
  home,
  StandIn,
  sendMessage,
} from '../support/stand-in.ts'
import { Rig } from './rig.ts'

let rig: Rig
let server: StandIn
beforeAll(async () => {
  rig = await Rig.made()
})
afterAll(() => rig.remove())
beforeEach(async () => {
  server = await StandIn.started()
  server.json(
    `POST ${home}/rollback`,
    202,
    aDeployment({ kind: 'rollback', status: 'queued', endedAt: null }),
  )
  server.json(`GET ${home}`, 200, aStatus())
})
afterEach(() => server.stop())

const naru = (...args: string[]) =>
  rig.naru([...args, '--app', 'shop'], { environment: server.environment })
const events = `GET ${home}/deployments/4/events`
const storyOf = (story: unknown[], end: unknown): [string, unknown][] => [
  ...story.map((event): [string, unknown] => ['event', event]),
  ['end', end],
]

describe('a deployment that is followed', () => {
  it('tells its story, and ends well when the release is stable', async () => {
    server.stream(events, storyOf(goodStory, aDeployment()))
    const { code, stdout, stderr } = await naru('rollback', 'v3')
    expect(stderr.split('\n')).toEqual([
      'deployment 4: v3',
      'starting web of v3',
      'web is healthy after 1.4 s',
      'moving traffic to v3',
      'watching v3 under traffic for 10 s',
      'live at http://shop.localhost:8080 in 1.9 s',
      'v3 is stable; v2 stays warm for 10 min',
      '',
    ])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(server.requests[0]?.body).toEqual({ release: 3 })
  })

  it('that fails shows what the instance wrote last, what serves and what to type, and exits with its code', async () => {
    server.stream(events, storyOf(badStory, aFailedDeployment))
    const text = (position: number) => ({
      position,
      at: '',
      instance: 'i',
      service: 'web',
      release: 3,
      text: `line ${position}`,
    })
    server.stream(`GET ${home}/logs`, [
      ['line', text(1)],
      ['line', text(2)],
    ])
    const { code, stderr } = await naru('rollback')
    const why =
      'web of v3 did not become healthy within 30 s, so no traffic moved to v3: it listens on port 3000, but was given PORT 20012'
    expect(stderr.split('\n')).toEqual([
      'deployment 4: v3',
      'starting web of v3',
      `giving v3 up: ${why}`,
      'the last 2 lines of web of v3:',
      '  │ line 1',
      '  │ line 2',
      'v2 is still serving',
      `✖ ${why}`,
      '  → listen on process.env.PORT',
      '  (rollout.unhealthy)',
      '',
    ])
    expect(code).toBe(10)
    expect(server.requests.find(({ path }) => path === `${home}/logs`)?.query.toString()).toBe(
      'release=3&tail=20&service=web',
    )
  })

  it('answers with the deployment alone on stdout where JSON is asked for, whatever its outcome', async () => {
    server.stream(events, storyOf(badStory, aFailedDeployment))
    server.stream(`GET ${home}/logs`, [])
    const { code, stdout } = await naru('rollback', '--json')
    expect(JSON.parse(stdout)).toEqual({ build: null, deployment: aFailedDeployment })
    expect(code).toBe(10)
  })

  it('is followed on when the server is killed and comes back in the middle', async () => {
    server.on(events, (response) => {
      beginStream(response)
      for (const event of goodStory.slice(0, 4)) sendMessage(response, 'event', event, event.id)
      void (async () => {
        await server.stop()
        server.stream(events, storyOf(goodStory, aDeployment()))
        await server.start()
      })()
    })
    const { code, stderr } = await naru('rollback')
    expect(code).toBe(0)
    expect(stderr.match(/starting web of v3/g)).toHaveLength(1)
    expect(stderr).toContain('v3 is stable')
  })

  it('is not waited for with --detach', async () => {
    expect(await naru('rollback', '--detach')).toMatchObject({
      code: 0,
      stdout: 'deployment 4 has begun: naru deployments show 4\n',
      stderr: '',
    })
  })

  it('counts down while the release is being watched', async () => {
    const now = new Date().toISOString()
    server.on(events, (response) => {
      beginStream(response)
      sendMessage(
        response,
        'event',
        { ...goodStory[6], at: now, data: { ...goodStory[6]?.data, settleSeconds: 2.9 } },
        7,
      )
      setTimeout(() => {
        sendMessage(response, 'event', { ...goodStory[9], at: now }, 10)
        sendMessage(response, 'end', aDeployment())
        response.end()
      }, 2700)
    })
    const { stderr } = await naru('rollback')
    expect(stderr).toContain('  stable in 2 s\n  stable in 1 s\n')
  })

  it('that was superseded says by what, with no log', async () => {
    const problem = { code: 'rollout.superseded', facts: { release: 3, by: 'v4' } }
    server.stream(events, [
      ['end', aDeployment({ status: 'superseded', problem, serving: 2, liveAt: null })],
    ])
    const { code, stderr } = await naru('rollback')
    expect(stderr).toBe(
      'v2 is still serving\n✖ the deployment of v3 was superseded by v4\n  → naru deployments\n  (rollout.superseded)\n',
    )
    expect(code).toBe(11)
  })
})

describe('a changed setting', () => {
  it('is deployed and followed', async () => {
    server.json(`PATCH ${home}/settings`, 202, { deployment: aDeployment({ status: 'queued' }) })
    server.stream(events, storyOf(goodStory, aDeployment()))
    const { code, stdout } = await naru('settings', 'set', 'A=1', 'B=x=y', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ build: null, deployment: aDeployment() })
    expect(server.requests[0]?.body).toEqual({ set: { A: '1', B: 'x=y' }, deploy: true })
  })

  it('is kept for the next release with --no-deploy', async () => {
    server.json(`PATCH ${home}/settings`, 202, { deployment: null })
    const { code, stdout } = await naru('settings', 'unset', 'A', '--no-deploy')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'A: kept; the next release will have it\n',
    })
    expect(server.requests[0]?.body).toEqual({ unset: ['A'], deploy: false })
  })
})

describe('a secret', () => {
  it('comes from stdin, without the line break at its end, and is said nowhere', async () => {
    server.json(`PATCH ${home}/secrets`, 202, { deployment: null })
    const ran = await rig.naru(['secret', 'set', 'KEY', '--app', 'shop'], {
      environment: server.environment,
      input: 's3cret\nline\n',
    })
    expect(ran.code).toBe(0)
    expect(server.requests[0]?.body).toEqual({ set: { KEY: 's3cret\nline' }, deploy: true })
    expect(ran.output).not.toContain('s3cret')
  })

  it('is never taken from an argument, nor repeated', async () => {
    for (const args of [['KEY=s3cret'], ['KEY', 's3cret']]) {
      const ran = await naru('secret', 'set', ...args)
      expect(ran.code).toBe(2)
      expect(ran.output).not.toContain('s3cret')
    }
    expect(server.requests).toEqual([])
  })

  it('that is empty is refused', async () => {
    const ran = await rig.naru(['secret', 'set', 'KEY', '--app', 'shop'], {
      environment: server.environment,
      input: '\n',
    })
    expect(ran.stderr).toMatch(
      /^✖ the value given for the secret "KEY" cannot be used: it is empty\n/,
    )
    expect(ran.code).toBe(2)
  })
})

describe('the hook of a push', () => {
  const zeros = '0'.repeat(40)
  const push = (ref: string, commit = aCommit) =>
    rig.naru(['proc-receive'], {
      environment: { ...server.environment, NARU_APP: 'shop', NARU_ENVIRONMENT: 'production' },
      input: Buffer.concat([
        encodePacket('version=1\0push-options atomic'),
        encodePacket('flush'),
        encodeLine(`${zeros} ${commit} ${ref}`),
        encodePacket('flush'),
        encodePacket('flush'),
      ]).toString(),
    })

  beforeEach(() => {
    server.json(
      'POST /v1/apps/shop/pushes',
      202,
      aBuild({ status: 'queued', startedAt: null, endedAt: null }),
    )
    server.stream('GET /v1/apps/shop/builds/3/log', [
      ['line', { text: 'npm ci' }],
      ['line', { text: 'done in 2.9 s' }],
      ['end', aBuild()],
    ])
    server.json(`GET ${home}/deployments/4`, 200, { ...aDeployment(), events: goodStory })
  })

  it('shows the build and the deployment, and lets the push succeed', async () => {
    server.stream(events, storyOf(goodStory, aDeployment()))
    const { code, stdout, stderr } = await push('refs/heads/main')
    expect(stderr.split('\n')).toEqual([
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
      '',
    ])
    expect(stdout).toContain('ok refs/heads/main')
    expect(code).toBe(0)
    expect(server.requests[0]?.body).toEqual({ commit: aCommit, ref: 'refs/heads/main' })
  })

  it('refuses the push of a release that does not go live, with the reason in one line', async () => {
    server.stream(events, storyOf(badStory, aFailedDeployment))
    server.stream(`GET ${home}/logs`, [])
    const { code, stdout, stderr } = await push('refs/heads/main')
    expect(stdout).toContain(
      'ng refs/heads/main web of v3 did not become healthy within 30 s, so no traffic moved to v3: it listens',
    )
    expect(stderr).toContain('web of v3 wrote nothing\nv2 is still serving\n✖ ')
    expect(code).toBe(0)
  })

  it('refuses the push of a build that fails', async () => {
    const problem = {
      code: 'build.step-failed',
      facts: { build: 3, step: 'npm ci', exitCode: 1, signal: null },
    }
    const failed = aBuild({ status: 'failed', problem, deployment: null, artifact: null })
    server.stream('GET /v1/apps/shop/builds/3/log', [
      ['line', { text: 'npm error' }],
      ['end', failed],
    ])
    const { stdout, stderr } = await push('refs/heads/main')
    expect(stdout).toContain('ng refs/heads/main "npm ci" failed in build 3 with exit code 1')
    expect(stderr).toContain('  npm error\n')
    expect(stderr).toContain('  → naru builds show 3\n')
  })

  it.each([
    [
      'refs/tags/v1',
      aCommit,
      'a tag is not deployed, and this push is of the tag "v1"; nothing changed',
    ],
    ['refs/heads/main', zeros, '"main" cannot be deleted here, and what serves keeps serving'],
  ])('refuses %s of %s in words, without asking the server', async (ref, commit, sentence) => {
    const { stdout, stderr } = await push(ref, commit)
    expect(stdout).toContain(`ng ${ref} ${sentence}`)
    expect(stderr).toMatch(new RegExp(`^✖ ${sentence}\\n  → \\S.*\\n  \\(push\\.`))
    expect(server.requests).toEqual([])
  })

  it('passes on what the server refuses', async () => {
    server.fails(
      'POST /v1/apps/shop/pushes',
      422,
      'spec.invalid',
      'naru.yaml:3:5 x: found y, expected z\nnaru.yaml:4:5 more',
      'correct it',
    )
    const { stdout, stderr } = await push('refs/heads/main')
    expect(stdout).toContain('ng refs/heads/main naru.yaml:3:5 x: found y, expected z')
    expect(stderr).toBe(
      '✖ naru.yaml:3:5 x: found y, expected z\n  naru.yaml:4:5 more\n  → correct it\n  (spec.invalid)\n',
    )
  })
})

describe('the answer with --json of whatever may start a build or a deployment', () => {
  const started = aDeployment({ status: 'queued', endedAt: null })

  it.each([
    ['rollback'],
    ['promote', 'staging'],
    ['deploy', '--again'],
    ['deploy', '--build', '2'],
    ['settings', 'set', 'A=1'],
    ['settings', 'unset', 'A'],
    ['secret', 'unset', 'A'],
    ['deployments', 'abort', '4'],
  ])('has both, also for naru %s %s %s', async (...words) => {
    server.json(`POST ${home}/deployments`, 202, started)
    server.json(`POST ${home}/deployments/4/abort`, 202, started)
    server.json(`PATCH ${home}/settings`, 202, { deployment: started })
    server.json(`PATCH ${home}/secrets`, 202, { deployment: started })
    server.stream(events, storyOf(goodStory, aFailedDeployment))
    server.stream(`GET ${home}/logs`, [])

    const followed = await naru(...words, '--json')
    const left = await naru(...words, '--json', '--detach')
    const { stdout: help } = await naru(...words, '--help')

    expect(JSON.parse(followed.stdout)).toEqual({ build: null, deployment: aFailedDeployment })
    expect(JSON.parse(left.stdout)).toMatchObject({ build: null, deployment: { number: 4 } })
    expect(help).toContain('{ "build": BUILD | null, "deployment": DEPLOYMENT | null }')
  })

  it('has neither where a change is kept for the next release', async () => {
    server.json(`PATCH ${home}/settings`, 202, { deployment: null })
    const { stdout } = await naru('settings', 'set', 'A=1', '--no-deploy', '--json')
    expect(JSON.parse(stdout)).toEqual({ build: null, deployment: null })
  })
})
