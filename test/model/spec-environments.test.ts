import { describe, expect, test } from 'vitest'
import { readBranches } from '../../src/model/spec-branches.ts'
import { parse, sentences } from './sentences.ts'

const shop = `
services:
  web: { command: node server.js, replicas: 2 }
  worker: { command: node worker.js, overlap: none }
routes: [{ host: shop.example.com }]
settings: { LOG_LEVEL: info, COLOUR: blue }
secrets: [DATABASE_URL]
strategy: rolling
environments:
  staging:
    branch: develop
    deploy: manual
    strategy: recreate
    settings: { LOG_LEVEL: debug, EXTRA: 1.10 }
    secrets: [DEBUG_TOKEN, DATABASE_URL]
    routes: [{ host: staging.example.com, path: /shop }]
    services: { web: { replicas: 1 }, worker: { replicas: 0 } }
  preview: { routes: [] }
  empty:
`

describe('the spec of an environment', () => {
  test('what it says itself is stronger than the top level, or is added to it', () => {
    const spec = parse(shop, 'staging')
    expect(spec.branch).toBe('develop')
    expect(spec.deploy).toBe('manual')
    expect(spec.strategy).toBe('recreate')
    expect(spec.settings).toEqual({ LOG_LEVEL: 'debug', COLOUR: 'blue', EXTRA: '1.10' })
    expect(spec.secrets).toEqual(['DATABASE_URL', 'DEBUG_TOKEN'])
    expect(spec.routes).toEqual([{ host: 'staging.example.com', path: '/shop', service: 'web' }])
    expect(spec.services['web']).toMatchObject({ command: 'node server.js', replicas: 1 })
    expect(spec.services['worker']).toMatchObject({ overlap: 'none', replicas: 0 })
  })

  test('what it leaves out is as at the top level', () => {
    const { branch, ...production } = parse(shop)
    expect(branch).toBeUndefined()
    expect(production).toMatchObject({
      deploy: 'on-push',
      strategy: 'rolling',
      settings: { LOG_LEVEL: 'info', COLOUR: 'blue' },
      secrets: ['DATABASE_URL'],
      routes: [{ host: 'shop.example.com', path: '/', service: 'web' }],
    })
    for (const environment of ['empty', 'production', 'not-in-the-file', 'constructor']) {
      expect(parse(shop, environment)).toEqual(production)
    }
    expect(parse(shop, 'preview')).toEqual({ ...production, routes: [] })
  })

  test('every environment has values of its own, which nobody else sees change', () => {
    parse(shop, 'staging').settings['LOG_LEVEL'] = 'changed'
    expect(parse(shop, 'staging').settings['LOG_LEVEL']).toBe('debug')
    expect(parse(shop, 'production').settings['LOG_LEVEL']).toBe('info')
  })

  test('more instances in one environment do not name the services of a file that names none', () => {
    const text = 'environments: { staging: { services: { web: { replicas: 3 } } } }'
    expect(parse(text, 'staging').services['web']?.replicas).toBe(3)
    expect(parse(text, 'staging').servicesNamed).toBe(false)
    expect(parse('services: { web: }').servicesNamed).toBe(true)
  })

  test('an anchor gives two environments the same, and a worker-only app is fine', () => {
    const text = `
services: { worker: { command: x, overlap: none } }
environments: { a: &a { settings: { A: b }, services: { worker: { replicas: 4 } } }, b: *a }
`
    expect(parse(text, 'b')).toEqual(parse(text, 'a'))
    expect(parse(text, 'b').routes).toEqual([])
    expect(parse(text, 'b').services['worker']?.replicas).toBe(4)
  })
})

describe('mistakes in an environment are told whichever is asked for', () => {
  const golden: [string, string, string[]][] = [
    [
      'environments as a list',
      'environments: [staging]',
      [
        '1:15 environments: found a list, expected keys with values, such as staging: { branch: develop }',
      ],
    ],
    [
      'a bad name',
      'environments: { Staging: {}, pr_12: {}, 1st: {} }',
      [
        '1:17 environments.Staging: found the environment "Staging", expected a name of lower-case letters, digits and dashes, a letter first, at most 40; did you mean "staging"?',
        '1:30 environments.pr_12: found the environment "pr_12", expected a name of lower-case letters, digits and dashes, a letter first, at most 40; did you mean "pr-12"?',
        '1:41 environments.1st: found the environment "1st", expected a name of lower-case letters, digits and dashes, a letter first, at most 40; did you mean "st"?',
      ],
    ],
    [
      'an environment that is a text',
      'environments: { staging: develop }',
      [
        '1:26 environments.staging: found "develop", expected keys with values, such as { branch: develop }',
      ],
    ],
    [
      'keys that belong to the top level, or to nobody',
      'environments: { staging: { build: {}, env: {}, zzz: 1 } }\nbranch: main',
      [
        '1:28 environments.staging.build: found the key "build", expected it as top-level build',
        '1:39 environments.staging.env: found the key "env", expected one of branch, deploy, strategy, settings, secrets, routes, services; did you mean "settings"?',
        '1:48 environments.staging.zzz: found the key "zzz", expected one of branch, deploy, strategy, settings, secrets, routes, services',
        '2:1 branch: found the key "branch", expected it as environments.<name>.branch',
      ],
    ],
    [
      'what is no branch',
      'environments: { a: { branch: refs/heads/main }, b: { branch: my branch }, c: { branch: -f }, d: { branch: a..b }, e: { branch: HEAD }, f: { branch: x.lock }, g: { branch: "" }, h: { branch: [main] } }',
      [
        '1:30 environments.a.branch: found "refs/heads/main", expected the name of a branch, such as main; did you mean "main"?',
        '1:62 environments.b.branch: found "my branch", expected the name of a branch, such as main; did you mean "my-branch"?',
        '1:88 environments.c.branch: found "-f", expected the name of a branch, such as main',
        '1:107 environments.d.branch: found "a..b", expected the name of a branch, such as main',
        '1:128 environments.e.branch: found "HEAD", expected the name of a branch, such as main',
        '1:149 environments.f.branch: found "x.lock", expected the name of a branch, such as main',
        '1:172 environments.g.branch: found "", expected the name of a branch, such as main',
        '1:191 environments.h.branch: found a list, expected the name of a branch, such as main',
      ],
    ],
    [
      'one branch of two environments',
      'environments:\n  staging: { branch: develop }\n  test: { branch: develop }\n',
      [
        '3:19 environments.test.branch: found the branch of staging on line 2, expected a branch that no other environment deploys',
      ],
    ],
    [
      'a service that there is not, and more than its number',
      'services: { web: , worker: { command: x } }\nenvironments: { a: { services: { wroker: { replicas: 1 }, web: { command: y, replicas: many }, worker: 2, constructor: {} } } }',
      [
        '2:34 environments.a.services.wroker: found the service "wroker", expected the name of a service: one of web, worker; did you mean "worker"?',
        '2:66 environments.a.services.web.command: found the key "command", expected it as services.<name>.command',
        '2:88 environments.a.services.web.replicas: found "many", expected a whole number from 0 to 50',
        '2:104 environments.a.services.worker: found "2", expected keys with values, such as { replicas: 3 }',
        '2:107 environments.a.services.constructor: found the service "constructor", expected the name of a service: one of web, worker',
      ],
    ],
    [
      'a route to a service that may not overlap, here alone',
      'services: { worker: { command: x, overlap: none } }\nenvironments: { a: { routes: [{ service: worker }] } }',
      [
        '1:44 services.worker.overlap: found "none", expected it only on a service without a route: this one would stop answering',
      ],
    ],
    [
      'a setting here that is a secret there, and the other way round',
      'settings: { A: b }\nsecrets: [B]\nenvironments: { x: { settings: { B: c, PORT: 1 }, secrets: [A, "pass word"] } }',
      [
        '3:34 environments.x.settings.B: found the name "B", expected a name that is not among the secrets too',
        '3:40 environments.x.settings.PORT: found the name "PORT", expected another name: Naru sets this one itself',
        '3:61 environments.x.secrets[0]: found "A", expected a name that is not among the settings too',
        '3:64 environments.x.secrets[1]: found no name, expected a name of letters, digits and underscores, no digit first, at most 128',
      ],
    ],
  ]

  test.each(golden)('%s', (_, text, expected) => {
    expect(sentences(text)).toEqual(expected)
  })
})

describe('the branches of a naru.yaml, before its environment is known', () => {
  test('are those that are named', () => {
    expect(readBranches(shop)).toEqual({ staging: 'develop' })
    expect(
      readBranches(
        'environments: { production: { branch: 1.10 }, a: { branch: &b feature/x }, b: { branch: *b } }',
      ),
    ).toEqual({ production: '1.10', a: 'feature/x', b: 'feature/x' })
  })

  test.each([
    [undefined],
    [''],
    ['environments: [a'],
    ['environments: [a]'],
    ['environments: { a: b, C: { branch: d }, e: { branch: [f] }, g: { branch: "-h" } }'],
    ['a: &a [*a]'],
    ['\0'],
    ['x: '.repeat(30)],
  ])('are none where the file cannot be read: %j', (text) => {
    expect(readBranches(text)).toEqual({})
  })

  test('are read beside other mistakes, which parseSpec tells', () => {
    const text = 'bilud: x\nenvironments: { a: { branch: b, depoly: c } }'
    expect(readBranches(text)).toEqual({ a: 'b' })
    expect(sentences(text)).toHaveLength(2)
  })
})
