import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { NaruError } from '../../src/base/error.ts'
import { type GitHttpOptions, gitHttp } from '../../src/source/git-http.ts'
import type { RefCommand, RefResult } from '../../src/source/proc-receive.ts'
import { type Repositories, repositories } from '../../src/source/repository.ts'

export type Decide = (commands: RefCommand[], say: (line: string) => void) => Promise<RefResult[]>

/** A server of git's smart HTTP whose hook asks `rig.decide`, and a folder for its data and its users. */
export type Rig = {
  folder: string
  url: string
  token: string
  repositories: Repositories
  /** The answer to the next pushes; everything is fine unless a test sets it. */
  decide: Decide
  /** Every request for git, "POST git-receive-pack gzip chunked". */
  requests: string[]
  /** Codes of the failures that were the caller's to answer. */
  failures: string[]
  /** Requests for git that are over, whether or not someone was there for the answer. */
  over: string[]
  close(): Promise<void>
}

export const fine: Decide = async (commands) => commands.map(({ ref }) => ({ ref, ok: true }))
export const refuse =
  (reason: string): Decide =>
  async (commands) =>
    commands.map(({ ref }) => ({ ref, ok: false, reason }))

export async function startRig(): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'naru-source-'))
  const token = 'canary-token'
  const cli = await bundleHook(folder)
  const store = repositories({ folder: join(folder, 'data/git') })
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rig: Rig = {
    folder,
    url,
    token,
    repositories: store,
    decide: fine,
    requests: [],
    failures: [],
    over: [],
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
  const answerGit = gitHttp({
    repositories: store,
    hook: { node: process.execPath, cli },
    environment: (pusher) => ({ NARU_API: url, NARU_TOKEN: token, NARU_PUSHER: pusher }),
  } satisfies GitHttpOptions)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const at = new URL(request.url ?? '/', url)
    const [, area, name = '', ...rest] = at.pathname.split('/')
    if (area === 'decide') return void decideAt(rig, request, response)
    if (
      request.headers.authorization !== `Basic ${Buffer.from(`naru:${token}`).toString('base64')}`
    ) {
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="naru"' }).end()
    }
    const { 'content-encoding': encoding = 'plain', 'transfer-encoding': transfer = 'whole' } =
      request.headers
    rig.requests.push(`${request.method} ${rest.join('/')} ${encoding} ${transfer}`)
    const app = decodeURIComponent(name).replace(/\.git$/, '')
    const query = Object.fromEntries(at.searchParams)
    answerGit
      .serve(request, response, { app, path: rest.join('/'), query, pusher: 'local' })
      .catch((error) => {
        rig.failures.push(error instanceof NaruError ? error.code : String(error))
        response.writeHead(error instanceof NaruError ? 404 : 500, { 'content-type': 'text/plain' })
        response.end(error instanceof NaruError ? error.code : 'broken')
      })
      .finally(() => rig.over.push(`${request.method} ${rest.join('/')}`))
  })
  return rig
}

async function decideAt(
  rig: Rig,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers.authorization !== `Bearer ${rig.token}`)
    return void response.writeHead(401).end()
  const commands = JSON.parse(await text(request)) as RefCommand[]
  response.flushHeaders()
  try {
    const results = await rig.decide(commands, (line) => response.write(`${line}\n`))
    response.end(JSON.stringify(results))
  } catch {
    response.destroy() // How a server looks that was killed.
  }
}

async function bundleHook(folder: string): Promise<string> {
  const outfile = join(folder, 'hook.cjs')
  const entry = join(dirname(fileURLToPath(import.meta.url)), 'hook.ts')
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
  })
  return outfile
}

/** A person with an empty home, no git identity, and a repository. */
export type Person = {
  /** Their repository's folder. */
  folder: string
  git(...args: string[]): Promise<Said>
  /** In a process group of its own, as a terminal would start it. */
  start(...args: string[]): ChildProcess
  /** Writes the files and commits them; the commit's id. */
  commit(message: string, files: Record<string, string | Buffer>): Promise<string>
}

export type Said = { code: number | null; out: string; err: string }

/** Makes a repository whose remote `naru` is the app's, with the token in the address. */
export async function startPerson(rig: Rig, app: string, name = 'ana'): Promise<Person> {
  const folder = join(rig.folder, name, app)
  const home = join(rig.folder, name, 'empty-home')
  await mkdir(folder, { recursive: true })
  await mkdir(home, { recursive: true })
  const environment = {
    PATH: process.env['PATH'],
    HOME: home,
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  }
  const start = (...args: string[]) =>
    spawn('git', args, { cwd: folder, env: environment, detached: true })
  const git = async (...args: string[]): Promise<Said> => {
    const child = start(...args)
    child.stdin.end()
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { code, out, err }
  }
  await git('init', '--quiet', '--initial-branch=main')
  await git(
    'remote',
    'add',
    'naru',
    `${rig.url.replace('//', `//naru:${rig.token}@`)}/git/${app}.git`,
  )
  return {
    folder,
    git,
    start,
    async commit(message, files) {
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), content)
      }
      await git('add', '--all')
      const who = ['-c', 'user.name=Ana', '-c', 'user.email=ana@example.com']
      const { code, err } = await git(
        ...who,
        'commit',
        '--quiet',
        '--allow-empty',
        '--message',
        message,
      )
      if (code !== 0) throw new Error(err)
      return (await git('rev-parse', 'HEAD')).out.trim()
    },
  }
}

export async function writeProgram(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
  await chmod(path, 0o755)
}
