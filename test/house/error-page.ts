import { catalogue, type ErrorCode, type Facts, NaruError } from '../../src/base/error.ts'
import { english } from '../../src/contract/words/english.ts'
import { sayProblem } from '../../src/contract/words/words.ts'

/** The text of `docs/errors.md`: every code with an example of what a person reads. */
export function errorPage(): string {
  const codes = Object.keys(examples) as ErrorCode[]
  return [
    head,
    ...Object.entries(exits).map(([exit, meaning]) => `| ${exit} | ${meaning} |`),
    '',
    ...codes.map(section),
  ].join('\n')
}

function section(code: ErrorCode): string {
  const { message, hint } = sayProblem(english, new NaruError(code, examples[code]).problem)
  const { status, exit } = catalogue[code]
  const said = [...message.split('\n'), ...(hint === undefined ? [] : [`next: ${hint}`])]
  return [
    `## ${code}`,
    '',
    `Exit code ${exit}, HTTP ${status}. For example:`,
    '',
    ...said.map((line) => `    ${line}`),
    '',
  ].join('\n')
}

const head = `# Errors

Written by \`npm run docs\` from \`src/base/error.ts\` and \`src/contract/words/english.ts\`. Every failure that a person sees is one of
these. With \`--json\` the code and its facts come as data, so that a script need not read sentences.

| exit code | means |
| --- | --- |
| 0 | it worked |`

/** What a script can tell from the exit code alone. */
const exits: Record<number, string> = {
  1: 'something in Naru broke',
  2: 'the command or the request was not understood, nothing changed',
  3: 'the token is missing, unknown or not allowed to do this',
  4: 'there is no such thing',
  5: 'no server answers',
  6: 'this machine: a port, a folder, Node.js, git',
  7: 'not like this: the spec, a secret, the branch, the state of a deployment',
  8: 'the build failed, there is no release',
  10: 'the release did not become healthy or did not stay so',
  11: 'a newer push took over',
  12: 'the deployment was aborted',
}

/** Facts as they really come, one example a code; a new code without one is a type error. */
const examples: Facts = {
  'naru.broken': { report: 'TypeError: x is not a function' },
  'usage.invalid': { what: 'unknown option "--colour"', expected: 'naru logs --help' },
  'request.invalid': { issues: ['tail: a number was expected'] },
  'request.too-large': { limitBytes: 1024 * 1024 },
  'token.missing': {},
  'token.invalid': {},
  'permission.denied': { permission: 'app.destroy' },
  'path.unknown': { path: '/v1/aps' },

  'server.unreachable': { address: 'http://127.0.0.1:7878' },
  'server.port-taken': { address: '127.0.0.1:8080', flag: '--http', holder: 'nginx (pid 812)' },
  'server.start-failed': { log: '/home/ada/.naru/server.log' },
  'data.unwritable': { folder: '/var/lib/naru', reason: 'permission denied' },
  'data.busy': { file: '/home/ada/.naru/naru.db' },
  'data.locked': { folder: '/home/ada/.naru' },
  'data.full': { folder: '/home/ada/.naru' },
  'data.broken': { file: '/home/ada/.naru/naru.db', reason: 'database disk image is malformed' },
  'data.newer': { file: '/home/ada/.naru/naru.db', found: '0009' },
  'data.unreachable': { folder: '/root/naru', user: 'naru-apps' },
  'node.too-old': { found: '18.19.0', needed: '20.20' },
  'git.missing': {},
  'git.too-old': { found: '2.20.1', needed: '2.29' },
  'git.failed': { command: 'git archive', reason: 'exit code 128' },
  'user.missing': { user: 'naru-apps', reason: 'useradd was not found' },

  'app.unknown': { app: 'shpo' },
  'app.exists': { app: 'shop' },
  'app.unnamed': {},
  'name.invalid': { what: 'app', name: 'My_Shop' },
  'environment.unknown': { app: 'shop', environment: 'staging' },
  'confirm.mismatch': { expected: 'shop', found: 'shpo' },
  'setting.unknown': { app: 'shop', name: 'LOG_LEVLE' },
  'secret.unknown': { app: 'shop', name: 'SESSION_KYE' },
  'secret.missing': { app: 'shop', names: ['DATABASE_URL', 'SESSION_KEY'] },
  'secret.unreadable': { app: 'shop', name: 'SESSION_KEY' },
  'value.invalid': { what: 'setting', name: 'PORT', reason: 'Naru sets this one itself' },

  'spec.invalid': {
    file: 'naru.yaml',
    mistakes: [
      {
        line: 4,
        column: 5,
        path: 'services.web.comand',
        found: 'the key "comand"',
        expected: 'one of command, replicas, health',
        nearest: 'command',
      },
    ],
  },
  'host.taken': { host: 'shop.example.com', app: 'store', environment: 'production' },

  'push.branch': { branch: 'feature', deploys: 'main' },
  'push.tag': { tag: 'refs/tags/v1.0' },
  'push.deletion': { ref: 'refs/heads/main' },
  'push.not-a-branch': { ref: 'refs/notes/commits' },
  'push.several': {},
  'commit.unknown': { app: 'shop', commit: '4f1c2d9a8b7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a' },
  'repository.none': { folder: '/home/ada/notes' },

  'build.unknown': { app: 'shop', build: 12 },
  'build.no-start': { found: 'a package.json without "start"' },
  'build.no-lockfile': {},
  'build.unrecognised': { files: ['main.rb', 'README.md'] },
  'build.step-failed': { build: 12, step: 'npm run build', exitCode: 2, signal: null },
  'build.interrupted': { build: 12 },
  'build.superseded': { build: 12, by: 13 },
  'build.disk-full': { build: 12 },

  'release.unknown': { app: 'shop', release: 42 },
  'release.never-stable': { app: 'shop', release: 41 },
  'release.serving': { app: 'shop', release: 42 },
  'release.none': { app: 'shop', environment: 'production' },
  'artifact.missing': {
    app: 'shop',
    release: 3,
    digest: 'sha256-0f1e2d3c4b5a69788796a5b4c3d2e1f0',
  },
  'deployment.unknown': { app: 'shop', deployment: 7 },
  'deployment.over': { app: 'shop', deployment: 7, status: 'succeeded' },

  'rollout.unhealthy': {
    release: 42,
    service: 'web',
    seconds: 60,
    reason: 'nothing listens',
    given: 20_001,
    listening: [3000],
  },
  'rollout.crashed': { release: 42, service: 'worker', restarts: 3, exit: 'exit code 1' },
  'rollout.died': { release: 42, service: 'web', afterSeconds: 5.2, exit: 'SIGKILL' },
  'rollout.unprepared': { release: 42, reason: 'the slug is gone' },
  'rollout.aborted': { release: 42, by: 'ada' },
  'rollout.superseded': { release: 42, by: 'build 13' },
  'rollout.faltered': { release: 42, service: 'web', reason: 'GET / answered 503' },

  'engine.cannot': { engine: 'process', what: 'volumes' },
  'engine.no-port': { from: 20_000, to: 29_999 },
  'engine.start-failed': { instance: 'shop-web-42-k3x9', reason: 'node: not found' },
  'router.down': { reason: 'connection refused' },
  'table.invalid': { issues: ['two routes for shop.example.com/'] },
}
