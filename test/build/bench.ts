import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'
import type { Account } from '../../src/build/account.ts'
import { type BuildResult, runBuild } from '../../src/build/build.ts'
import type { CommitEntry } from '../../src/build/commit-files.ts'
import { lastBuildLines } from '../../src/build/log.ts'
import type { Workshop } from '../../src/build/workshop.ts'
import { slugFolder } from '../../src/engine/process/slug.ts'
import { defaultSpec, type Spec } from '../../src/model/spec.ts'
import { readLine } from '../support/build-lines.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export type Bench = {
  folder: string
  /** Working copy of the app's repository. */
  source: string
  write(path: string, text: string): Promise<void>
  commit(): { commit: string; tree: string }
  /** Commits what there is and builds it. */
  build(options?: BuildOptions): Promise<Built>
  /** The log of the last build. */
  log(): Promise<string[]>
  workshop: Workshop
  remove(): Promise<void>
}

/** What a build made, with the folder of its slug. */
export type Built = BuildResult & { artifact: { folder: string } }

export type BuildOptions = {
  spec?: Partial<Spec>
  signal?: AbortSignal
  workshop?: Partial<Workshop>
  number?: number
  /** Aborted: as if the next build began right after this one. */
  hurry?: AbortSignal
  /** Whether what there is is committed first; else the last commit is built. */
  commit?: boolean
}

/** A repository with the files of a fixture app, and folders to build it in. */
export async function makeBench(fixture: string | null, runAs: Account | null): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), 'naru-build-'))
  // As in a real data folder: others may pass through, and read nothing.
  execFileSync('chmod', ['0711', folder])
  const source = join(folder, 'source')
  if (fixture === null) await mkdir(source)
  else await cp(join(root, 'test/fixtures/apps', fixture), source, { recursive: true })
  git(source, 'init', '-q', '-b', 'main')
  let number = 0
  const records = new Set<string>()
  const later: Parameters<Workshop['afterwards']>[0][] = []
  const logOf = (build: number) => join(folder, 'builds/app', `${build}.log`)
  const workshop: Workshop = {
    archive: async () => archiveOf(source),
    readFile: async (path) => shown(source, path),
    kept: async (digest) => records.has(digest),
    listFiles: async () => treeOf(source),
    folders: {
      slugs: join(folder, 'slugs'),
      dependencies: join(folder, 'app/dependencies'),
      buildHome: join(folder, 'app/build-home'),
      temporary: join(folder, 'temporary'),
    },
    log: '',
    runAs,
    environment: {},
    secrets: async () => ({}),
    loginAt: async () => null,
    host: process.env,
    staticServer: await staticServer(),
    afterwards: (work) => void later.push(work),
  }
  return {
    folder,
    source,
    workshop,
    write: async (path, text) => {
      await mkdir(dirname(join(source, path)), { recursive: true })
      await writeFile(join(source, path), text)
    },
    commit: () => commitAll(source),
    build: async ({
      spec,
      signal,
      workshop: others,
      number: wanted,
      commit = true,
      hurry = new AbortController().signal,
    } = {}) => {
      number = wanted ?? number + 1
      const request = {
        app: 'app',
        number,
        ...(commit ? commitAll(source) : headOf(source)),
        spec: { ...defaultSpec, ...spec },
      }
      const given = { ...workshop, log: logOf(number), ...others }
      const result = await runBuild(request, given, signal ?? new AbortController().signal).finally(
        async () => {
          for (const work of later.splice(0)) await work(hurry)
        },
      )
      records.add(result.artifact.digest)
      const { artifact } = result
      return { ...result, artifact: { ...artifact, folder: slugFolder(artifact.body) } }
    },
    log: async () => (await lastBuildLines(logOf(number), 10_000)).map((line) => readLine(line)),
    remove: async () => {
      execFileSync('chmod', ['-R', 'u+rwX', '--', folder])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Root and the account `naru-apps` where this is root; whoever runs the tests in any case. */
export function accounts(): [string, Account | null][] {
  const user: [string, Account | null] = ['as whoever runs Naru', null]
  if (process.getuid?.() !== 0) return [user]
  return [user, ['as root for naru-apps', { uid: appsUid(), gid: 64_123 }]]
}

function appsUid(): number {
  const uid = () =>
    Number(
      execFileSync('id', ['-u', 'naru-apps'], { stdio: ['ignore', 'pipe', 'ignore'] }).toString(),
    )
  try {
    return uid()
  } catch {
    execFileSync('useradd', [
      '--system',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      'naru-apps',
    ])
    return uid()
  }
}

let bundled: Promise<string> | null = null

/** Path of the static server, bundled as it is shipped. */
export function staticServer(): Promise<string> {
  bundled ??= (async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'naru-static-')), 'static-server.cjs')
    await bundle({
      entryPoints: [join(root, 'src/main/static-server.ts')],
      outfile: file,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
    })
    return file
  })()
  return bundled
}

/** Removes the bundle that `staticServer` made. */
export async function removeStaticServer(): Promise<void> {
  if (bundled !== null) await rm(dirname(await bundled), { recursive: true, force: true })
  bundled = null
}

export type Running = {
  url: string
  child: ChildProcess
  output(): string
  ended: Promise<number | null>
}

/** Starts a program of a slug on a free port and waits until it says that it listens. */
export async function start(
  folder: string,
  command: readonly string[],
  runAs: Account | null,
  more: Record<string, string> = {},
): Promise<Running> {
  const [program = '', ...args] = command
  const port = 20_000 + Math.floor(Math.random() * 10_000)
  const environment = { PATH: process.env.PATH, PORT: String(port), HOST: '127.0.0.1', ...more }
  const child = spawn(program, args, { cwd: folder, env: environment, ...(runAs ?? {}) })
  let output = ''
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk
      resolve()
    })
    child.stderr.on('data', (chunk) => (output += chunk))
    child.once('error', reject)
    void ended.then((code) => reject(new Error(`ended with ${code}: ${output}`)))
  })
  return { url: `http://127.0.0.1:${port}`, child, output: () => output, ended }
}

function commitAll(source: string): { commit: string; tree: string } {
  git(source, 'add', '--all', '--force')
  git(source, 'commit', '-q', '--allow-empty', '-m', 'a change')
  return headOf(source)
}

function headOf(source: string): { commit: string; tree: string } {
  return { commit: git(source, 'rev-parse', 'HEAD'), tree: git(source, 'rev-parse', 'HEAD^{tree}') }
}

function archiveOf(source: string) {
  const child = spawn('git', ['archive', '--format=tar', 'HEAD'], {
    cwd: source,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return child.stdout
}

function shown(source: string, path: string): string | undefined {
  try {
    return execFileSync('git', ['show', `HEAD:${path}`], {
      cwd: source,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString()
  } catch {
    return undefined
  }
}

function treeOf(source: string): CommitEntry[] {
  return git(source, 'ls-tree', '-r', '-z', 'HEAD')
    .split('\0')
    .filter(Boolean)
    .map((line) => ({
      path: line.slice(line.indexOf('\t') + 1),
      kind: kinds[line.slice(0, 6)] ?? 'file',
    }))
}

const kinds: Record<string, CommitEntry['kind']> = { '120000': 'link', '160000': 'submodule' }

const identity = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
}

function git(folder: string, ...args: string[]): string {
  const env = { ...process.env, ...identity, GIT_CONFIG_GLOBAL: '/dev/null' }
  return execFileSync('git', args, { cwd: folder, env }).toString().trim()
}

/** A file's text in a slug. */
export const readIn = (folder: string, path: string): Promise<string> =>
  readFile(join(folder, path), 'utf8')
