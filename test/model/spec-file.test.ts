import { describe, expect, test } from 'vitest'
import { defaultBuild, defaultService, defaultSpec } from '../../src/model/spec.ts'
import { parse, sentences } from './sentences.ts'

describe('what a naru.yaml means', () => {
  test('an app without one gets the default spec, a copy of its own', () => {
    const spec = parse(undefined)
    expect(spec).toEqual(defaultSpec)
    spec.settings['A'] = 'b'
    expect(parse(undefined)).toEqual(defaultSpec)
  })

  test.each([
    [''],
    ['# nothing yet\n'],
    ['---\n'],
    ['{}'],
    ['\uFEFF'],
    ['build:\npipeline:\njobs:\nsettings:\nsecrets:\nenvironments:\n'],
  ])('a file that says nothing means the same: %j', (text) => {
    expect(parse(text)).toEqual(defaultSpec)
  })

  test('every key is read', () => {
    const spec = parse(`
app: shop
build:
  { command: npm run build, folder: ./apps//web/, output: dist/, fallback: true, timeout: 1h, dockerfile: docker/web.Dockerfile,
    target: runtime, args: { VERSION: 2 }, secrets: [NPM_TOKEN],
    packages: [ffmpeg, libvips-dev=8.14] }
pipeline:
  - test: npm test
  - lint: [npm, run, lint]
services:
  web:
    command: node server.js
    replicas: 3
    health: { path: /healthz, after: 1s, every: 500ms, timeout: 250ms }
    healthy-for: 0
    healthy-within: 2m
    settle: 0
    stop: { signal: SIGINT, grace: 0 }
    port: 8080
    resources: { cpu: 0.5, memory: 256MiB, pids: 100, io: 20MB }
    volumes: { uploads: /data/, cache: /var/cache/app }
  worker: { command: [node, worker.js, --queue, 7], overlap: none, replicas: 0 }
jobs:
  migrate: { command: npm run migrate, when: before-rollout, timeout: 1m }
  report: { command: [node, report.js] }
routes:
  - host: Shop.example.com
    service: web
    timeouts: { connect: 500ms, answer: 5m, idle: 1h }
    limits: { body: 1.5MB, in-flight: 20, queue: 0, wait: 2s }
  - { host: 나루.kr, path: /api/ }
settings: { LOG_LEVEL: info, RATIO: 1.10, ON: yes, EMPTY: "", NUMBER: 0x1F, LINES: "a\\nb" }
secrets: [DATABASE_URL, SESSION_KEY]
strategy: recreate
deploy: manual
environments:
  production: { branch: release }
`)
    expect(spec).toEqual({
      app: 'shop',
      build: {
        command: 'npm run build',
        folder: 'apps/web',
        output: 'dist',
        fallback: true,
        timeoutSeconds: 3600,
        dockerfile: 'docker/web.Dockerfile',
        target: 'runtime',
        args: { VERSION: '2' },
        packages: ['ffmpeg', 'libvips-dev=8.14'],
        secrets: ['NPM_TOKEN'],
      },
      pipeline: [
        { name: 'test', command: 'npm test' },
        { name: 'lint', command: ['npm', 'run', 'lint'] },
      ],
      services: {
        web: {
          command: 'node server.js',
          replicas: 3,
          health: { path: '/healthz', afterSeconds: 1, everySeconds: 0.5, timeoutSeconds: 0.25 },
          healthyForSeconds: 0,
          healthyWithinSeconds: 120,
          settleSeconds: 0,
          stop: { signal: 'SIGINT', graceSeconds: 0 },
          overlap: 'allowed',
          port: 8080,
          resources: {
            cpu: 0.5,
            memoryBytes: 256 * 1024 ** 2,
            pids: 100,
            ioBytesPerSecond: 20 * 1024 ** 2,
          },
          volumes: { uploads: '/data', cache: '/var/cache/app' },
        },
        worker: {
          ...defaultService,
          command: ['node', 'worker.js', '--queue', '7'],
          overlap: 'none',
          replicas: 0,
        },
      },
      servicesNamed: true,
      jobs: {
        migrate: { command: 'npm run migrate', when: 'before-rollout', timeoutSeconds: 60 },
        report: { command: ['node', 'report.js'], when: 'by-hand', timeoutSeconds: 600 },
      },
      routes: [
        {
          host: 'shop.example.com',
          path: '/',
          service: 'web',
          timeouts: { connectSeconds: 0.5, answerSeconds: 300, idleSeconds: 3600 },
          limits: { bodyBytes: 1_572_864, inFlight: 20, queue: 0, waitSeconds: 2 },
        },
        { host: 'xn--910br1n.kr', path: '/api', service: 'web' },
      ],
      settings: {
        LOG_LEVEL: 'info',
        RATIO: '1.10',
        ON: 'yes',
        EMPTY: '',
        NUMBER: '0x1F',
        LINES: 'a\nb',
      },
      secrets: ['DATABASE_URL', 'SESSION_KEY'],
      strategy: 'recreate',
      deploy: 'manual',
      branch: 'release',
    })
  })

  test('the folder of an app and of its output are read in their shortest form', () => {
    const folder = (text: string) =>
      parse(`build: { folder: ${JSON.stringify(text)} }`).build.folder
    expect(
      ['.', './', 'a', './a/', 'a/./b//c/', '.hidden', 'a/..b', '앱 하나'].map(folder),
    ).toEqual(['.', '.', 'a', 'a', 'a/b/c', '.hidden', 'a/..b', '앱 하나'])
    expect(parse('build: { output: . }').build).toEqual({ ...defaultBuild, output: '.' })
  })

  test('true and false are those of YAML', () => {
    const fallback = (text: string) => parse(`build: { fallback: ${text} }`).build.fallback
    expect(['true', 'True', 'TRUE', '"true"'].map(fallback)).toEqual([true, true, true, true])
    expect(['false', 'False', 'FALSE'].map(fallback)).toEqual([false, false, false])
  })

  test('routes lead to web unless the file lists its own, and to nothing where there is no web', () => {
    expect(parse('services: { web: }').routes).toEqual([{ path: '/', service: 'web' }])
    expect(parse('services: { worker: { command: x } }').routes).toEqual([])
    expect(parse('routes: []').routes).toEqual([])
  })

  test('an anchor is one value in several places', () => {
    const spec = parse('services:\n  a: &x { command: run, replicas: 2 }\n  b: *x\n')
    expect(spec.services['b']).toEqual(spec.services['a'])
  })

  test('a service may be called like something every object has', () => {
    expect(Object.keys(parse('services: { constructor: { command: x } }').services)).toEqual([
      'constructor',
    ])
    expect(sentences('routes: [{ service: constructor }]')).toHaveLength(1)
  })
})

describe('every mistake has its place, what was found, what was expected and what was meant', () => {
  const golden: [string, string, string[]][] = [
    // Keys
    [
      'an unknown key',
      'app: shop\nservises:\n  web:\n',
      [
        '2:1 servises: found the key "servises", expected one of app, build, image, pipeline, services, jobs, routes, settings, secrets, strategy, deploy, environments; did you mean "services"?',
      ],
    ],
    [
      'a key in another spelling',
      'services: { web: { healthyFor: 2s } }',
      [
        '1:20 services.web.healthyFor: found the key "healthyFor", expected one of command, replicas, health, healthy-for, healthy-within, settle, stop, overlap, port, resources, volumes; did you mean "healthy-for"?',
      ],
    ],
    [
      "another tool's word",
      'env: { A: b }',
      [
        '1:1 env: found the key "env", expected one of app, build, image, pipeline, services, jobs, routes, settings, secrets, strategy, deploy, environments; did you mean "settings"?',
      ],
    ],
    [
      'a key a level too high',
      'replicas: 2',
      ['1:1 replicas: found the key "replicas", expected it as services.<name>.replicas'],
    ],
    [
      'a key nobody knows',
      'services: { web: { zzz: 1 } }',
      [
        '1:20 services.web.zzz: found the key "zzz", expected one of command, replicas, health, healthy-for, healthy-within, settle, stop, overlap, port, resources, volumes',
      ],
    ],
    [
      'a key a second time',
      'app: a\nsecrets: []\napp: b\n',
      ['3:1: found the key "app" a second time, expected it only once, as on line 1'],
    ],
    ['a key that is no name', '? [a]\n: b\n', ['1:3: found a list as a key, expected a name']],
    [
      'a key that every object has',
      'toString: 1\nconstructor: 2',
      [
        '1:1 toString: found the key "toString", expected one of app, build, image, pipeline, services, jobs, routes, settings, secrets, strategy, deploy, environments',
        '2:1 constructor: found the key "constructor", expected one of app, build, image, pipeline, services, jobs, routes, settings, secrets, strategy, deploy, environments',
      ],
    ],

    // Later versions
    [
      'keys of later versions',
      `build: { args: {} }
services:
  web:
    replicas: { min: 2, max: 6, cpu: 70% }
    resources: { gpu: 1 }
    uses: [api.billing]
jobs:
  report: { command: x, schedule: "0 3 * * *", timezone: Asia/Seoul, overlap: forbid }
routes: [{ host: "*.example.com" }, { host: a.example.com, limits: { requests: 100/s, per: client } }]
environments:
  production:
    promote: { from: staging }
    strategy: { canary: [5%, 25%], bake: 5m }
slo: []
notify: []
strategy: ab
`,
      [
        '4:17 services.web.replicas.min: the key "min" is not in this version',
        '4:25 services.web.replicas.max: the key "max" is not in this version',
        '4:33 services.web.replicas.cpu: the key "cpu" is not in this version',
        '5:18 services.web.resources.gpu: the key "gpu" is not in this version',
        '6:5 services.web.uses: the key "uses" is not in this version',
        '8:25 jobs.report.schedule: the key "schedule" is not in this version',
        '8:48 jobs.report.timezone: the key "timezone" is not in this version',
        '8:70 jobs.report.overlap: the key "overlap" is not in this version',
        '9:18 routes[0].host: the wildcard "*.example.com" is not in this version',
        '9:70 routes[1].limits.requests: the key "requests" is not in this version',
        '9:87 routes[1].limits.per: the key "per" is not in this version',
        '12:5 environments.production.promote: the key "promote" is not in this version',
        '13:17 environments.production.strategy: the key "canary" is not in this version',
        '13:36 environments.production.strategy: the key "bake" is not in this version',
        '14:1 slo: the key "slo" is not in this version',
        '15:1 notify: the key "notify" is not in this version',
        '16:11 strategy: "ab" is not in this version',
      ],
    ],
    [
      'a key of a later version in the wrong place',
      'promote: { from: staging }\nbuild: { schedule: x }',
      [
        '1:1 promote: the key "promote" is not in this version',
        '2:10 build.schedule: the key "schedule" is not in this version',
      ],
    ],

    // The document
    [
      'a document that is a list',
      '- a\n- b\n',
      ['1:1: found a list, expected keys with values, such as app: shop'],
    ],
    [
      'a document that is a text',
      'hello',
      ['1:1: found "hello", expected keys with values, such as app: shop'],
    ],
    [
      'two documents',
      'app: a\n---\napp: b\n',
      ['2:1: found a second document, expected one document in the file'],
    ],
    ['a tab', 'services:\n\tweb: {}\n', ['2:1: found a tab as indentation, expected spaces']],
    [
      'a bracket that stays open',
      'secrets: [A\napp: b\n',
      ['2:1: found a bracket that is still open here, expected it closed, or this line indented'],
    ],
    ['a quote that stays open', 'app: "shop\n', ['2:1: found the end of it, expected a closing "']],
    [
      'indentation that wanders',
      'build:\n   command: x\n  other: y\n',
      [
        '3:1: found a line that is indented differently, expected the same indentation as its neighbours',
      ],
    ],
    [
      'a line without a colon',
      'app\nsecrets: []\n',
      ['1:1: found a line without a ":", expected key: value'],
    ],
    [
      'two colons in one line',
      'app: a: b\n',
      [
        '1:6: found a second ": " in one line, expected quotes around the text, or the key on a line of its own',
      ],
    ],
    [
      'an unknown escape',
      'app: "\\q"\n',
      ["1:7: found an unknown \\ escape, expected \\\\ for a backslash, or single quotes ('…')"],
    ],
    [
      'a tag',
      'app: !!binary aGk=\n',
      ['1:15: found the tag "tag:yaml.org,2002:binary", expected no tags: types are known'],
    ],
    [
      'an alias without its anchor',
      'app: *shop\n',
      ['1:6: found the alias "shop", expected an anchor of that name before it'],
    ],
    [
      'an anchor around itself',
      'services: &s { web: *s }\n',
      ['1:21: found the alias "s", expected an anchor of that name before it'],
    ],
    [
      'a NUL',
      'app: shop\nsettings: { A: "a\0b" }\n',
      ['2:18: found the character U+0000, expected printable text in UTF-8'],
    ],
    [
      'bytes that are no UTF-8',
      Buffer.from([0x61, 0x3a, 0xff]).toString(),
      ['1:3: found a byte that is not UTF-8, expected printable text in UTF-8'],
    ],
    [
      'a file that is too long',
      `# ${'x'.repeat(256 * 1024)}`,
      ['1:1: found a file of more than 256 KiB, expected a smaller one'],
    ],
    [
      'hostile nesting',
      '['.repeat(100_000),
      ['1:25: found more than 24 levels of nesting, expected fewer'],
    ],

    // Names
    [
      'a name with capitals',
      'app: My_Shop',
      [
        '1:6 app: found "My_Shop", expected a name of lower-case letters, digits and dashes, a letter first, at most 40; did you mean "my-shop"?',
      ],
    ],
    [
      'an option as a name',
      'app: --force',
      [
        '1:6 app: found "--force", expected a name of lower-case letters, digits and dashes, a letter first, at most 40; did you mean "force"?',
      ],
    ],
    [
      'an app without a name',
      'app:\n',
      [
        '1:5 app: found nothing, expected a name of lower-case letters, digits and dashes, a letter first, at most 40',
      ],
    ],
    [
      'a service with a bad name',
      'services: { Web_1: { command: x } }',
      [
        '1:13 services.Web_1: found the service "Web_1", expected a name of lower-case letters, digits and dashes, a letter first, at most 40; did you mean "web-1"?',
      ],
    ],

    // Services
    [
      'no services',
      'services: {}',
      [
        '1:11 services: found a mapping, expected at least one service, such as web: { command: node server.js }',
      ],
    ],
    [
      'services as a list',
      'services: [web]',
      [
        '1:11 services: found a list, expected at least one service, such as web: { command: node server.js }',
      ],
    ],
    [
      'a worker without a command',
      'services:\n  web:\n  worker: { replicas: 2 }\n',
      [
        '3:3 services.worker: found worker without a command, expected a command: only web may leave it out',
      ],
    ],
    [
      'a service that is a text',
      'services: { web: node server.js }',
      [
        '1:18 services.web: found "node server.js", expected keys with values, such as { command: node server.js }',
      ],
    ],
    [
      'an empty command',
      'services: { web: { command: " " } }',
      [
        '1:29 services.web.command: found " ", expected a command: a text, or a list of a program and its arguments',
      ],
    ],
    [
      'a list with an empty word',
      'services: { web: { command: [node, ""] } }',
      ['1:36 services.web.command[1]: found "", expected a text that is not empty'],
    ],
    [
      'an empty list',
      'services: { web: { command: [] } }',
      [
        '1:29 services.web.command: found an empty list, expected a command: a text, or a list of a program and its arguments',
      ],
    ],
    [
      'a NUL by an escape',
      'services: { web: { command: "a\\0b" } }',
      [
        '1:29 services.web.command: found a character that no program can be given, expected printable text',
      ],
    ],
    [
      'too many replicas',
      'services: { web: { replicas: 51 } }',
      ['1:30 services.web.replicas: found "51", expected a whole number from 0 to 50'],
    ],
    [
      'half a replica',
      'services: { web: { replicas: 1.5 } }',
      ['1:30 services.web.replicas: found "1.5", expected a whole number from 0 to 50'],
    ],
    [
      'a duration without a unit',
      'services: { web: { settle: 30 } }',
      [
        '1:28 services.web.settle: found "30", expected a duration with its unit, such as 30s, 500ms or 2m; did you mean "30s"?',
      ],
    ],
    [
      'a negative duration',
      'services: { web: { settle: -1s } }',
      [
        '1:28 services.web.settle: found "-1s", expected a duration with its unit, such as 30s, 500ms or 2m',
      ],
    ],
    [
      'sizes without a unit, in steps that are not known, and too large',
      'routes:\n  - limits: { body: 100 }\n  - { path: /a, limits: { body: 1gab } }\n  - { path: /b, limits: { body: 2TB } }',
      [
        '2:21 routes[0].limits.body: found "100", expected a size with its unit, such as 500KB, 100MB or 2GB',
        '3:33 routes[1].limits.body: found "1gab", expected a size with its unit, such as 500KB, 100MB or 2GB',
        '4:33 routes[2].limits.body: found "2TB", expected at most 1024 GB',
      ],
    ],
    [
      'bounds of a route that are none, misspelt or a level too high',
      'routes:\n  - { timeouts: 5s, limits: { inflight: 5 } }\n  - { path: /a, answer: 5s, timeouts: { connect: 0 } }',
      [
        '2:17 routes[0].timeouts: found "5s", expected keys with values, such as { answer: 5m }',
        '2:31 routes[0].limits.inflight: found the key "inflight", expected one of body, in-flight, queue, wait; did you mean "in-flight"?',
        '3:17 routes[1].answer: found the key "answer", expected it as routes[].timeouts.answer',
        '3:50 routes[1].timeouts.connect: found "0", expected at least 100ms',
      ],
    ],
    [
      'a check that never rests',
      'services: { web: { health: { every: 1ms } } }',
      ['1:37 services.web.health.every: found "1ms", expected at least 100ms'],
    ],
    [
      'a day too long',
      'services: { web: { settle: 99999999999999999d } }',
      ['1:28 services.web.settle: found "99999999999999999d", expected at most 24h'],
    ],
    [
      'a deadline before its time',
      'services: { web: { healthy-for: 90s } }',
      [
        '1:33 services.web.healthy-for: found healthy-within 60s and healthy-for 90s, expected healthy-within to be the longer one',
      ],
    ],
    [
      'a health path without its slash',
      'services: { web: { health: { path: healthz } } }',
      [
        '1:36 services.web.health.path: found "healthz", expected a path that begins with /; did you mean "/healthz"?',
      ],
    ],
    [
      'a header in a health path',
      'services: { web: { health: { path: "/ HTTP/1.1\\r\\nX: y" } } }',
      [
        '1:36 services.web.health.path: found "/ HTTP/1.1\\r\\nX: y", expected a path that begins with /',
      ],
    ],
    [
      'a signal by half its name',
      'services: { web: { stop: { signal: term } } }',
      [
        '1:36 services.web.stop.signal: found "term", expected one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2; did you mean "SIGTERM"?',
      ],
    ],
    [
      'a signal that cannot be caught',
      'services: { web: { stop: { signal: SIGKILL } } }',
      [
        '1:36 services.web.stop.signal: found "SIGKILL", expected one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2',
      ],
    ],
    [
      'overlap where there is a route',
      'services:\n  web:\n    overlap: none\n',
      [
        '3:14 services.web.overlap: found "none", expected it only on a service without a route: this one would stop answering',
      ],
    ],

    // Routes
    [
      'a route to nowhere',
      'services: { web: , worker: { command: x } }\nroutes: [{ service: wrker }]',
      [
        '2:21 routes[0].service: found "wrker", expected the name of a service: one of web, worker; did you mean "worker"?',
      ],
    ],
    [
      'a URL as a host',
      'routes: [{ host: "https://Shop.example.com:443/x" }]',
      [
        '1:18 routes[0].host: found "https://Shop.example.com:443/x", expected a host name without scheme, port or path, such as shop.example.com; did you mean "shop.example.com"?',
      ],
    ],
    [
      'a host with a line end',
      'routes: [{ host: "a\\n" }]',
      [
        '1:18 routes[0].host: found "a\\n", expected a host name without scheme, port or path, such as shop.example.com',
      ],
    ],
    [
      'a path with dots',
      'routes: [{ path: /a/../b }]',
      [
        '1:18 routes[0].path: found "/a/../b", expected a path that begins with /, without ?, #, // or a .. segment',
      ],
    ],
    [
      'the same route twice',
      'routes:\n  - { path: /a }\n  - { path: /a/ }\n',
      [
        '3:5 routes[1]: found the host and path of the route on line 2, expected another host or path',
      ],
    ],
    [
      'routes that are a mapping',
      'routes: { web: / }',
      ['1:9 routes: found a mapping, expected a list, such as - host: shop.example.com'],
    ],

    // Build, pipeline and jobs
    [
      'folders that are not inside the repository',
      'build: { folder: /srv/app, output: ../out }',
      [
        '1:18 build.folder: found "/srv/app", expected a folder inside the repository, such as apps/web, without .. in it; did you mean "srv/app"?',
        '1:36 build.output: found "../out", expected a folder inside the repository, such as apps/web, without .. in it',
      ],
    ],
    [
      'a folder with backslashes, none at all, one with a line end',
      'build: { folder: apps\\web, output: "" }\nenvironments: {}\n',
      [
        '1:18 build.folder: found "apps\\\\web", expected a folder inside the repository, such as apps/web, without .. in it; did you mean "apps/web"?',
        '1:36 build.output: found "", expected a folder inside the repository, such as apps/web, without .. in it',
      ],
    ],
    [
      'a dotted way out',
      'build: { folder: a/../../b, output: "dist\\n" }',
      [
        '1:18 build.folder: found "a/../../b", expected a folder inside the repository, such as apps/web, without .. in it',
        '1:37 build.output: found "dist\\n", expected a folder inside the repository, such as apps/web, without .. in it',
      ],
    ],
    [
      'a fallback in other words, a build without time',
      'build: { fallback: yes, timeout: 0 }',
      [
        '1:20 build.fallback: found "yes", expected one of true, false; did you mean "true"?',
        '1:34 build.timeout: found "0", expected at least 1s',
      ],
    ],
    [
      "another tool's words for a build",
      'build: { context: web, publish: dist }',
      [
        '1:10 build.context: found the key "context", expected one of command, folder, output, fallback, timeout, dockerfile, target, args, secrets, packages; did you mean "folder"?',
        '1:24 build.publish: found the key "publish", expected one of command, folder, output, fallback, timeout, dockerfile, target, args, secrets, packages; did you mean "output"?',
      ],
    ],
    [
      'a pipeline that is a mapping',
      'pipeline: { test: npm test }',
      ['1:11 pipeline: found a mapping, expected a list, such as - test: npm test'],
    ],
    [
      'a step without a name',
      'pipeline:\n  - npm test\n  - {}\n  -\n',
      [
        '2:5 pipeline[0]: found "npm test", expected the name of a step and its command, such as test: npm test',
        '3:5 pipeline[1]: found a mapping, expected the name of a step and its command, such as test: npm test',
        '4:4 pipeline[2]: found nothing, expected the name of a step and its command, such as test: npm test',
      ],
    ],
    [
      'two steps in one item',
      'pipeline:\n  - test: npm test\n    lint: npm run lint\n',
      ['3:5 pipeline[0]: found the key "lint", expected one step in each item of the list'],
    ],
    [
      'steps with bad names',
      'pipeline: [{ Unit Tests: a }, { test: b }, { test: c }, { install: d }, { prune: e }]',
      [
        '1:14 pipeline[0]."Unit Tests": found the step "Unit Tests", expected a name of lower-case letters, digits and dashes, a letter first, at most 40; did you mean "unit-tests"?',
        '1:46 pipeline[2].test: found the step "test", expected it only once, as on line 1',
        '1:59 pipeline[3].install: found the step "install", expected another name: Naru itself has a step that is called so',
        '1:75 pipeline[4].prune: found the step "prune", expected another name: Naru itself has a step that is called so',
      ],
    ],
    [
      'a step without a command',
      'pipeline: [{ test: }, { lint: [] }, { type: { command: tsc } }]',
      [
        '1:20 pipeline[0].test: found nothing, expected a command: a text, or a list of a program and its arguments',
        '1:31 pipeline[1].lint: found an empty list, expected a command: a text, or a list of a program and its arguments',
        '1:45 pipeline[2].type: found a mapping, expected a command: a text, or a list of a program and its arguments',
      ],
    ],
    [
      'jobs with bad names, without a command, as a text',
      'jobs: { Migrate_DB: { command: x }, a: { when: by-hand }, b: npm run b, c: }',
      [
        '1:9 jobs.Migrate_DB: found the job "Migrate_DB", expected a name of lower-case letters, digits and dashes, a letter first, at most 40; did you mean "migrate-db"?',
        '1:37 jobs.a: found a without a command, expected a command',
        '1:62 jobs.b: found "npm run b", expected keys with values, such as { command: npm run migrate }',
        '1:73 jobs.c: found c without a command, expected a command',
      ],
    ],
    [
      'a job at another time',
      'jobs: { a: { command: x, when: release, timeout: 2d }, b: { cmd: y, when: after } }',
      [
        '1:32 jobs.a.when: found "release", expected one of before-rollout, by-hand; did you mean "before-rollout"?',
        '1:50 jobs.a.timeout: found "2d", expected at most 24h',
        '1:56 jobs.b: found b without a command, expected a command',
        '1:61 jobs.b.cmd: found the key "cmd", expected one of command, when, timeout; did you mean "command"?',
        '1:75 jobs.b.when: found "after", expected one of before-rollout, by-hand',
      ],
    ],
    [
      'jobs as a list',
      'jobs: [migrate]',
      [
        '1:7 jobs: found a list, expected keys with values, such as migrate: { command: npm run migrate }',
      ],
    ],
    [
      'more than there can be',
      `pipeline: [${Array.from({ length: 51 }, (_, i) => `{ s${i}: x }`).join(', ')}]\njobs: {${Array.from({ length: 51 }, (_, i) => `j${i}: { command: x }`).join(', ')}}`,
      [
        '1:11 pipeline: found 51 steps, expected at most 50',
        '2:7 jobs: found 51 jobs, expected at most 50',
      ],
    ],

    // Strategy and deploy
    [
      'strategies that there are not',
      'strategy: { rolling: { surge: 1 } }\ndeploy: auto',
      [
        '1:13 strategy: the key "rolling" is not in this version',
        '2:9 deploy: found "auto", expected one of on-push, manual; did you mean "on-push"?',
      ],
    ],
    [
      'a strategy by another spelling',
      'strategy: BlueGreen\ndeploy: [manual]',
      [
        '1:11 strategy: found "BlueGreen", expected one of blue-green, rolling, recreate; did you mean "blue-green"?',
        '2:9 deploy: found a list, expected one of on-push, manual',
      ],
    ],
    [
      'a strategy of one service',
      'services: { web: { strategy: rolling } }',
      ['1:20 services.web.strategy: found the key "strategy", expected it as top-level strategy'],
    ],

    // Settings and secrets
    [
      "a name of Naru's",
      'settings: { PORT: 3000, NARU_X: 1, A-B: 2, 1A: 3, __proto__: 4 }',
      [
        '1:13 settings.PORT: found the name "PORT", expected another name: Naru sets this one itself',
        '1:25 settings.NARU_X: found the name "NARU_X", expected another name: Naru sets this one itself',
        '1:36 settings.A-B: found the name "A-B", expected a name of letters, digits and underscores, no digit first, at most 128; did you mean "A_B"?',
        '1:44 settings.1A: found the name "1A", expected a name of letters, digits and underscores, no digit first, at most 128',
        '1:51 settings.__proto__: found the name "__proto__", expected another name: Naru sets this one itself',
      ],
    ],
    [
      'a setting without a value',
      'settings:\n  A:\n',
      [
        '2:5 settings.A: found nothing, expected a text (quotes make one of anything, and "" is the empty one)',
      ],
    ],
    [
      'a setting that is a list',
      'settings: { A: [1] }',
      [
        '1:16 settings.A: found a list, expected a text (quotes make one of anything, and "" is the empty one)',
      ],
    ],
    [
      'secrets with values',
      'secrets: { KEY: hunter2 }',
      [
        '1:10 secrets: found something else, expected a list of names, such as [SESSION_KEY]; naru secret set gives them values',
      ],
    ],
    [
      'a value in place of a name',
      'secrets: ["KEY=hunter2", KEY, KEY, PATH]',
      [
        '1:11 secrets[0]: found no name, expected a name of letters, digits and underscores, no digit first, at most 128',
        '1:31 secrets[2]: found "KEY", expected each name once',
        '1:36 secrets[3]: found "PATH", expected another name: Naru sets this one itself',
      ],
    ],
    [
      'a secret that is a setting too',
      'settings: { KEY: a }\nsecrets: [KEY]',
      ['2:11 secrets[0]: found "KEY", expected a name that is not among the settings too'],
    ],
  ]

  test.each(golden)('%s', (_, text, expected) => {
    expect(sentences(text)).toEqual(expected)
  })

  test('all at once, in the order of the file, and not without end', () => {
    const text = Array.from({ length: 80 }, (_, index) => `unknown${index}: 1`).join('\n')
    const told = sentences(`app: X_\n${text}\n`)
    expect(told).toHaveLength(51)
    expect(told[0]).toContain('1:6 app')
    expect(told[50]).toBe('50:1: found 31 more mistakes, expected these to be corrected first')
  })

  test('a long name is cut, so that a message stays readable', () => {
    for (const told of sentences(`${'k'.repeat(900)}: 1\napp: ${'x'.repeat(5000)}\n`)) {
      expect(told.length).toBeLessThan(250)
    }
  })
})
