import { type ChildProcess, execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { removeTree } from '../../src/base/tree.ts'
import { type ApiClient, apiClient } from '../../src/contract/client.ts'
import type { PlaceStatus } from '../../src/contract/shapes.ts'
import { noteFailures } from './seen.ts'
import { type Visit, visitOnce } from './visitor.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const cli = join(root, 'dist/cli.cjs')

export type TestEngine = 'docker' | 'process'

/** `NARU_TEST_ENGINE=docker npm test -- test/journeys` tries with containers what is written for any engine. */
const defaultEngine = process.env['NARU_TEST_ENGINE'] === 'docker' ? 'docker' : 'process'

export type Ran = { code: number | null; stdout: string; stderr: string; output: string }

/** A Naru of its own in a folder of its own, used the way a person uses it. */
export class Naru {
  readonly folder = mkdtempSync(join(tmpdir(), 'naru-test-'))
  readonly data = join(this.folder, 'data')
  readonly home = join(this.folder, 'home')
  readonly http: number
  readonly api: number
  /** The command line that is used; the server and the router are those beside it. */
  program = cli

  /** What its programs find in their environment besides. */
  more: Record<string, string> = {}

  private constructor(
    http: number,
    api: number,
    /** What it builds for and runs on; null: what it chooses itself. */
    readonly engine: TestEngine | null,
  ) {
    this.http = http
    this.api = api
    // Apps run as another user when this runs as root: the way to the data folder must be open to it.
    chmodSync(this.folder, 0o755)
    mkdirSync(this.home)
  }

  static async create(engine: TestEngine | null = defaultEngine): Promise<Naru> {
    return new Naru(await freePort(), await freePort(), engine)
  }

  static async started(
    environment: Record<string, string> = {},
    engine: TestEngine | null = defaultEngine,
  ): Promise<Naru> {
    const naru = await Naru.create(engine)
    await naru.up(environment)
    return naru
  }

  async up(environment: Record<string, string> = {}): Promise<Ran> {
    const engine = this.engine === null ? [] : ['--engine', this.engine]
    const ran = await this.cli(
      ['up', '--http', `127.0.0.1:${this.http}`, '--api', `127.0.0.1:${this.api}`, ...engine],
      { environment },
    )
    if (ran.code !== 0) throw new Error(`naru up failed: ${ran.output}\n${this.log()}`)
    return ran
  }

  cli(args: string[], options: RunOptions = {}): Promise<Ran> {
    return run(process.execPath, [this.program, ...args], {
      ...options,
      environment: this.environment(options.environment),
    })
  }

  git(args: string[], folder: string): Promise<Ran> {
    return run('git', args, { folder, environment: this.environment() })
  }

  environment(more: Record<string, string> = {}): Record<string, string> {
    const identity = {
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
    }
    return {
      PATH: process.env.PATH ?? '',
      HOME: this.home,
      NARU_DATA: this.data,
      ...identity,
      ...inherited(),
      // What is tried as processes shall not choose containers where there is a daemon.
      ...(this.engine === 'process' ? { DOCKER_HOST: 'unix:///nobody/docker.sock' } : {}),
      ...this.more,
      ...more,
    }
  }

  /** The API as the command line uses it. */
  get client(): ApiClient {
    return apiClient({ address: `http://127.0.0.1:${this.api}`, token: this.token() })
  }

  token(): string {
    return readFileSync(join(this.data, 'token'), 'utf8').trim()
  }

  place(app: string) {
    return { app, environment: 'production' }
  }

  status(app: string): Promise<PlaceStatus> {
    return this.client.status(this.place(app))
  }

  pid(): number {
    return (JSON.parse(readFileSync(join(this.data, 'server.json'), 'utf8')) as { pid: number }).pid
  }

  /** Ends the server without a word; router and apps live on. */
  async crash(): Promise<void> {
    const pid = this.pid()
    process.kill(pid, 'SIGKILL')
    await until(() => !isAlive(pid), 'the server to die')
  }

  /** The last lines of the server's log, but for the requests that it answered. */
  log(): string {
    const file = join(this.data, 'server.log')
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
    return lines
      .filter((line) => !line.includes('"message":"request"'))
      .slice(-60)
      .join('\n')
  }

  visit(app: string, path = '/'): Promise<Visit> {
    return visitOnce(this.http, `${app}.localhost`, path)
  }

  /** A repository with these files in one commit, made known to Naru. */
  async repository(app: string, files: Record<string, string>): Promise<Repository> {
    const folder = join(this.folder, 'work', app)
    mkdirSync(folder, { recursive: true })
    await this.git(['init', '-q', '-b', 'main'], folder)
    const repository = new Repository(this, app, folder)
    await repository.commit(files)
    const ran = await this.cli(['init', '--app', app], { folder })
    if (ran.code !== 0) throw new Error(`naru init failed: ${ran.output}`)
    return repository
  }

  async close(): Promise<void> {
    const ran = await this.cli(['down'])
    if (ran.code !== 0) throw new Error(`naru down failed: ${ran.output}\n${this.log()}`)
    const left = await stayingOn(this.data)
    const containers = await this.#removeContainers()
    await removeTree(this.folder) // An ordinary user may not write in the folders of a slug.
    if (left !== '') throw new Error(`naru down left processes running: ${left}`)
    if (containers !== '') throw new Error(`naru down left containers: ${containers}`)
  }

  /** What it has in Docker, images and all; resolves with the containers that it should have removed itself. */
  async #removeContainers(): Promise<string> {
    const server = this.dockerServer()
    if (server === null) return ''
    const { docker, removeAllOf } = await import('./docker.ts')
    const socket = this.more['DOCKER_HOST']?.replace('unix://', '')
    const from =
      socket === undefined
        ? docker
        : new (await import('dockerode')).default({ socketPath: socket })
    const filters = { label: [`naru.server=${server}`] }
    const left = await from.listContainers({ all: true, filters })
    await removeAllOf(server, from)
    return left.map(({ Names, State }) => `${Names[0]} (${State})`).join(', ')
  }

  /** The value of the label `naru.server` on what it has in Docker; null when it has used none. */
  dockerServer(): string | null {
    const file = join(this.data, 'docker/server-id')
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
  }
}

export class Repository {
  constructor(
    readonly naru: Naru,
    readonly app: string,
    readonly folder: string,
  ) {}

  async commit(files: Record<string, string>, message = 'A change'): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.folder, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    await this.naru.git(['add', '-A'], this.folder)
    await this.naru.git(['commit', '-q', '--allow-empty', '-m', message], this.folder)
    return (await this.naru.git(['rev-parse', 'HEAD'], this.folder)).stdout.trim()
  }

  push(...args: string[]): Promise<Ran> {
    return this.naru.git(['push', 'naru', ...(args.length > 0 ? args : ['main'])], this.folder)
  }

  /** A push that goes on while the test does something else. */
  pushing(): { child: ChildProcess; ended: Promise<Ran>; said: (text: string) => Promise<void> } {
    return running('git', ['push', 'naru', 'main'], {
      folder: this.folder,
      environment: this.naru.environment(),
    })
  }

  async deploy(files: Record<string, string>): Promise<Ran> {
    await this.commit(files)
    return this.push()
  }
}

export type RunOptions = { folder?: string; environment?: Record<string, string>; input?: string }

export function run(
  program: string,
  args: string[],
  { folder, environment, input }: RunOptions = {},
): Promise<Ran> {
  const ended = new Promise<Ran>((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd: folder, env: environment, maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        resolve({
          code: error === null ? 0 : (child.exitCode ?? 1),
          stdout,
          stderr,
          output: stdout + stderr,
        }),
    )
    child.stdin?.end(input)
  })
  return ended.then((ran) => (environment?.['NARU_DEBUG'] ? ran : noted(ran)))
}

export function running(program: string, args: string[], { folder, environment }: RunOptions) {
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<Ran>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr, output: stdout + stderr })),
  ).then((ran) => (child.signalCode === null ? noted(ran) : ran)) // A killed one may stop in a line.
  return {
    child,
    ended,
    said: (text: string) =>
      until(
        () => (stdout + stderr).includes(text),
        () => `"${text}" in:\n${stdout}${stderr}`,
      ),
  }
}

/** Everything that a person was shown is looked at: each failure has its three lines, and none a stack. */
function noted(ran: Ran): Ran {
  noteFailures(ran.stderr)
  return ran
}

/** Looks again and again until it holds, at most `limitMs`; what was waited for is in the error. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string | (() => string),
  limitMs = 30_000,
): Promise<void> {
  for (const end = Date.now() + limitMs; !(await holds()); ) {
    if (Date.now() > end)
      throw new Error(
        `waited ${limitMs} ms in vain for ${typeof what === 'string' ? what : what()}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false // No such process.
  }
}

/** Processes whose command line or environment names the folder. */
export function processesOf(folder: string): number[] {
  return processes().filter((pid) => mentions(pid, folder) && isAlive(pid))
}

/** What has not ended by itself within 10 s: the hook of a push that a crash cut off takes a moment to see it. */
async function stayingOn(folder: string): Promise<string> {
  const end = Date.now() + 10_000
  while (processesOf(folder).length > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return processesOf(folder)
    .map((pid) => `${pid} ${commandOf(pid).replaceAll('\0', ' ')}`)
    .join(', ')
}

function mentions(pid: number, text: string): boolean {
  try {
    return ['cmdline', 'environ'].some((file) =>
      readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(text),
    )
  } catch {
    return false // It has ended meanwhile, or is the kernel's.
  }
}

/** The command line of a process, its words separated by NUL; empty when there is no such process. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return '' // It has ended meanwhile.
  }
}

export const processes = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid)

let handedOut = 0

/**
 * A port that nobody listens on: below those that the system gives away by itself and those of instances,
 * and from another thousand for each of the test runner's workers.
 */
export async function freePort(): Promise<number> {
  const base = 10_000 + (Number(process.env.VITEST_POOL_ID ?? 0) % 8) * 1000
  for (;;) {
    handedOut += 1
    const port = base + ((process.pid * 7 + handedOut) % 1000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** What npm needs to reach its registry here, if anything. */
function inherited(): Record<string, string> {
  // Not how loud the npm that runs the tests was told to be.
  const wanted =
    /^(npm_config_(?!loglevel|silent|json)|https?_proxy$|no_proxy$|node_extra_ca_certs$|ssl_cert_file$)/i
  const entries = Object.entries(process.env).filter(([name]) => wanted.test(name))
  return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']))
}
