import { catalogue, type ErrorCode, type Facts, NaruError } from '../../src/base/error.ts'
import { english } from '../../src/contract/words/english/english.ts'
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

Written by \`npm run docs\` from \`src/base/error.ts\` and \`src/contract/words/english/\`. Every failure that a person sees is one of
these. With \`--json\` the last line on stderr is \`{ "failure": { code, facts, message, hint } }\`, so that a script need not read sentences.

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
  11: 'something newer took over: a push, a rollback, a deployment',
  12: 'the deployment was aborted, or the build cancelled',
}

/** Facts as they really come, one example a code; a new code without one is a type error. */
const examples: Facts = {
  'naru.broken': { report: 'TypeError: x is not a function' },
  'usage.invalid': { what: 'unknown option "--colour"', expected: 'naru logs --help' },
  'argument.invalid': { kind: 'release', text: 'latest' },
  'request.invalid': { issues: ['tail: a number was expected'] },
  'request.too-large': { limitBytes: 1024 * 1024 },
  'token.missing': {},
  'token.invalid': {},
  'permission.denied': { permission: 'app.destroy' },
  'token.exists': { name: 'ci' },
  'token.unknown': { name: 'ci' },
  'token.owners': { name: 'owner' },
  'context.unknown': { name: 'prod', contexts: ['work', 'home'] },
  'file.unreadable': { file: '.env', reason: 'there is no such file' },
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
  'data.noexec': { folder: '/tmp/naru' },
  'node.too-old': { found: '18.19.0', needed: '20.20' },
  'git.missing': {},
  'git.too-old': { found: '2.20.1', needed: '2.29' },
  'git.failed': { command: 'git archive', reason: 'exit code 128' },
  'user.missing': { user: 'naru-apps', reason: 'useradd was not found' },
  'platform.unsupported': { platform: 'win32' },
  'boot.unsupported': {},
  'boot.failed': { command: 'systemctl enable naru.service', reason: 'access denied' },
  'doctor.bad': { count: 2 },

  'app.unknown': { app: 'shpo' },
  'app.exists': { app: 'shop' },
  'app.unnamed': {},
  'name.invalid': { what: 'app', name: 'My_Shop' },
  'environment.unknown': { app: 'shop', environment: 'staging' },
  'environment.exists': { app: 'shop', environment: 'staging' },
  'environment.production': { app: 'shop' },
  'host.too-long': {
    host: `${'a-very-long-name-of-an-app-for-a-shop'}-${'and-a-long-name-of-an-environment'}.localhost`,
    limit: 63,
  },
  'confirm.mismatch': { expected: 'shop', found: 'shpo' },
  'setting.unknown': { app: 'shop', name: 'LOG_LEVLE' },
  'secret.unknown': { app: 'shop', name: 'SESSION_KYE' },
  'secret.missing': {
    app: 'shop',
    environment: 'production',
    names: ['DATABASE_URL', 'SESSION_KEY'],
  },
  'secret.unreadable': { app: 'shop', name: 'SESSION_KEY' },
  'value.invalid': { what: 'setting', name: 'PORT', reason: 'Naru sets this one itself' },

  'spec.invalid': {
    file: 'naru.yaml',
    mistakes: [
      {
        line: 4,
        column: 5,
        path: 'services.web.comand',
        found: { is: 'key', shown: '"comand"' },
        expected: { is: 'one-of', names: ['command', 'replicas', 'health'] },
        nearest: 'command',
      },
    ],
  },
  'host.taken': { host: 'shop.example.com', app: 'store', environment: 'production' },

  'push.branch': {
    app: 'shop',
    branch: 'feature',
    deployed: [{ environment: 'production', branch: 'main' }],
    named: null,
  },
  'branch.taken': { app: 'shop', branch: 'main', environments: ['production', 'staging'] },
  'push.tag': { tag: 'refs/tags/v1.0' },
  'push.deletion': { ref: 'refs/heads/main' },
  'push.not-a-branch': { ref: 'refs/notes/commits' },
  'push.several': {},
  'commit.unknown': { app: 'shop', commit: '4f1c2d9a8b7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a' },
  'repository.none': { folder: '/home/ada/notes' },
  'archive.missing': { path: '/home/ada/shop.zip' },
  'archive.unknown': { name: 'shop.rar', found: 'rar' },
  'archive.broken': { name: 'shop.tar.gz', damage: 'cut-off' },
  'archive.entry': { entry: '../../etc/passwd', fault: 'outside' },
  'archive.too-large': { what: 'unpacked', limit: 2 * 1024 * 1024 * 1024 },
  'archive.empty': { name: 'shop' },
  'archive.unreadable': { path: 'config/keys.json', why: 'denied' },

  'build.unknown': { app: 'shop', build: 12 },
  'build.no-start': { found: 'a package.json without "start"' },
  'build.several-programs': { language: 'go', programs: ['./cmd/admin', './cmd/api'] },
  'build.tool-missing': { tool: 'go', needed: 'go.mod' },
  'build.unsupported': { file: 'build.gradle', tool: 'gradle' },
  'build.no-lockfile': { manager: 'npm', lockfile: 'package-lock.json' },
  'build.procfile': { line: 3, found: 'npm start', expected: 'NAME: COMMAND' },
  'build.engine': { wanted: '>=22', found: '20.20.2' },
  'build.no-folder': { folder: 'apps/wbe', folders: ['apps/', 'packages/'] },
  'build.no-output': { build: 12, folders: ['dist', 'build', 'out', 'public', '_site'] },
  'build.submodules': { paths: ['vendor/theme'] },
  'build.lfs': { paths: ['public/film.mp4'] },
  'build.timed-out': { build: 12, step: 'test', limitSeconds: 1200 },
  'build.unrecognised': { files: ['main.rb', 'README.md'] },
  'build.step-failed': { build: 12, step: 'build', exitCode: 2, signal: null, seconds: 12.4 },
  'build.superseded': { build: 12, by: 13 },
  'build.cancelled': { build: 12, by: 'ada' },
  'build.overtaken': { build: 12, wish: 'rollback', release: 41, by: 'ada' },
  'build.over': { app: 'shop', build: 12, status: 'succeeded' },
  'build.no-artifact': { app: 'shop', build: 12, status: 'failed' },
  'build.gone': { app: 'shop', build: 12, digest: 'sha256-0f1e2d3c4b5a69788796a5b4c3d2e1f0' },
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
  'deployment.none': { app: 'shop', environment: 'staging' },
  'promotion.none': { app: 'shop', from: 'staging' },
  'promotion.same': { app: 'shop', environment: 'production' },
  'service.unknown': {
    app: 'shop',
    environment: 'production',
    service: 'wroker',
    services: ['web', 'worker'],
  },
  'scale.zero': { app: 'shop', environment: 'production', service: 'web' },
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

  'job.unknown': { app: 'shop', release: 42, job: 'migrat', jobs: ['migrate', 'report'] },
  'job.failed': { release: 42, job: 'migrate', run: 7, exitCode: 1, signal: null },
  'job.timed-out': { release: 42, job: 'migrate', run: 7, seconds: 600 },
  'job.cancelled': { release: 42, job: 'migrate', run: 7 },
  'run.unknown': { app: 'shop', run: 99 },
  'run.over': { app: 'shop', run: 7, status: 'succeeded' },
  'run.no-release': { app: 'shop', environment: 'production' },
  'run.no-terminal': { reason: 'the package @lydell/node-pty has no program for this machine' },
  'run.broken-off': { address: 'http://127.0.0.1:7878' },

  'engine.no-port': { from: 20_000, to: 29_999 },
  'engine.start-failed': { instance: 'shop-web-42-k3x9', reason: 'node: not found' },
  'router.down': { reason: 'connection refused' },
  'table.invalid': { issues: ['two routes for shop.example.com/'] },
}
