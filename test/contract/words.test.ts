import { describe, expect, it } from 'vitest'
import { catalogue, type ErrorCode, NaruError, type Problem } from '../../src/base/error.ts'
import { english } from '../../src/contract/words/english/english.ts'
import { catalogues } from '../../src/contract/words/languages.ts'
import { sayEvent, sayProblem } from '../../src/contract/words/words.ts'
import type { EventKind, NaruEvent } from '../../src/model/event.ts'
import { moves, type Status } from '../../src/model/rollout.ts'
import { unknownCommands } from '../support/named-commands.ts'
import { factsOf, storyOf } from './samples.ts'

const codes = Object.keys(catalogue) as ErrorCode[]
const problemOf = (code: ErrorCode): Problem => ({ code, facts: factsOf[code] }) as Problem
const say = (code: ErrorCode) => sayProblem(english, problemOf(code))

describe.each(Object.values(catalogues))('every failure in $language', (words) => {
  const say = (code: ErrorCode) => sayProblem(words, problemOf(code))

  it.each(codes)('%s says what happened in one sentence without a full stop', (code) => {
    const { message } = say(code)
    expect(message).toMatch(/^\S.{9,}\S$/s)
    expect(message).not.toMatch(/\.$|\.\n/)
    expect(message).not.toMatch(/undefined|null|NaN|\[object/)
  })

  it.each(codes)('%s says what to type next, without a full stop', (code) => {
    const { hint } = say(code)
    expect(hint).toMatch(/^\S.*\S$/)
    expect(hint).not.toMatch(/\.$|undefined|null|NaN|\n/)
  })

  it('names only commands that there are', () => {
    for (const code of codes) {
      const { message, hint = '' } = say(code)
      expect(unknownCommands(`${message}\n${hint}`), code).toEqual([])
    }
  })
})

describe('every failure', () => {
  it('has an HTTP status and an exit code, and only success exits with 0', () => {
    for (const code of codes) {
      expect(catalogue[code].status).toBeGreaterThanOrEqual(400)
      expect(catalogue[code].exit).toBeGreaterThan(0)
    }
  })
})

describe('a failure in words', () => {
  it('tells an app that listens elsewhere which port it has and which it was given', () => {
    expect(say('rollout.unhealthy')).toEqual({
      message:
        'web of v2 did not become healthy within 30 s, so no traffic moved to v2: it listens on port 3000, but was given PORT 20012',
      hint: 'listen on process.env.PORT',
    })
  })

  it('gives the reason of the last probe where no other port is known', () => {
    const facts = {
      ...factsOf['rollout.unhealthy'],
      listening: [20_012],
      reason: 'GET / answered 500',
    }
    expect(sayProblem(english, { code: 'rollout.unhealthy', facts })).toEqual({
      message:
        'web of v2 did not become healthy within 30 s, so no traffic moved to v2: GET / answered 500',
      hint: 'naru logs --release v2',
    })
  })

  it('points at each mistake in naru.yaml by line and column', () => {
    expect(say('spec.invalid').message.split('\n')).toEqual([
      'naru.yaml:3:5 services.web: found the key "replcas", expected one of command, replicas; did you mean "replicas"?',
      'naru.yaml:5:9 routes.0.path: found "shop", expected a path that begins with /, without ?, #, // or a .. segment',
    ])
  })

  it('names who holds a port, and another port to take', () => {
    expect(say('server.port-taken')).toEqual({
      message: 'Naru cannot listen on 127.0.0.1:8080, since nginx (pid 812) does already',
      hint: 'naru up --http 127.0.0.1:8081',
    })
  })

  it('keeps what somebody typed on one line, in quotes, and short', () => {
    const name = `x\n✖ all is lost\u001b[2J${'y'.repeat(500)}`
    const { message } = sayProblem(
      english,
      new NaruError('name.invalid', { what: 'app', name }).problem,
    )
    expect(message).toMatch(/^"x\\n✖ all is lost\\u001b\[2Jy+…" cannot be the name of an app$/)
    expect(message.length).toBeLessThan(150)
  })
})

describe('a story', () => {
  const tell = (kind: EventKind, data: object = storyOf[kind]) =>
    sayEvent(english, {
      id: 1,
      at: '',
      app: 'shop',
      environment: 'production',
      kind,
      data,
    } as NaruEvent)

  it('has a line for every event, without a full stop', () => {
    for (const kind of Object.keys(storyOf) as EventKind[]) {
      expect(tell(kind), kind).toMatch(/^[^\n]*[^.\n]$/)
      expect(tell(kind), kind).not.toMatch(/undefined|null|NaN|\[object/)
    }
  })

  it('reads like this when all goes well', () => {
    const kinds = [
      'release.created',
      'deployment.starting',
      'deployment.healthy',
      'deployment.live',
      'deployment.moved',
    ] as const
    expect(kinds.map((kind) => tell(kind))).toEqual([
      'release v3 created from build 3',
      'starting web of v3',
      'web and admin are healthy',
      'live at http://shop.localhost:8080 in 1.9 s',
      'watching v3 under traffic for 10 s',
    ])
  })

  it('says why a release is given up, and what serves at the end', () => {
    const problem = problemOf('rollout.crashed')
    expect(
      tell('deployment.moved', { ...storyOf['deployment.moved'], to: 'aborting', problem }),
    ).toBe('giving v3 up: web of v2 keeps ending: exit code 1, after 5 restarts')
    expect(tell('deployment.ended')).toBe('v3 failed; v2 is serving')
    expect(tell('deployment.ended', { ...storyOf['deployment.ended'], serving: null })).toBe(
      'v3 failed; nothing is serving',
    )
  })

  it('can tell every move that a deployment may make', () => {
    for (const to of Object.keys(moves) as Status[]) {
      const line = tell('deployment.moved', { ...storyOf['deployment.moved'], to })
      expect(line ?? 'quiet').not.toMatch(/undefined/)
    }
  })
})
