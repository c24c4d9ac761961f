import { NaruError } from '../../src/base/error.ts'
import type { BuildJob, BuildResult, Source } from '../../src/deploy/parts.ts'
import type { Random } from './random.ts'

/** How the programs of a commit behave. */
export type Fate = 'well' | 'slow' | 'never healthy' | 'crashes' | 'dies' | 'flaps' | 'ill worker'

export type Commit = {
  name: string
  spec: string
  fate: Fate
  buildMs: number
  /** How its build ends. */
  build: 'succeeds' | 'fails' | 'breaks'
  /** How each of its jobs ends. */
  job: 'succeeds' | 'fails' | 'is slow'
}

/** The commits that were pushed, and what building them makes. */
export class Commits {
  readonly #commits = new Map<string, Commit>()

  constructor(private readonly random: Random) {}

  /** Somebody writes another one. */
  make(): Commit {
    const { random } = this
    const commit: Commit = {
      name: `c${this.#commits.size + 1}`,
      spec: specText(random),
      fate: random.weighted({
        well: 60,
        slow: 10,
        'never healthy': 7,
        crashes: 7,
        dies: 7,
        flaps: 5,
        'ill worker': 4,
      }),
      buildMs: random.chance(0.3) ? 0 : random.around(8000),
      build: random.weighted({ succeeds: 88, fails: 10, breaks: 2 }),
      job: random.weighted({ succeeds: 75, fails: 10, 'is slow': 15 }),
    }
    this.#commits.set(commit.name, commit)
    return commit
  }

  of(name: string): Commit {
    const commit = this.#commits.get(name)
    if (commit === undefined) throw new NaruError('commit.unknown', { app: '', commit: name })
    return commit
  }

  get all(): Commit[] {
    return [...this.#commits.values()]
  }
}

/** What a source answers; refs and folders leave no trace in the conductor. */
export function sourceOf(
  commits: Commits,
  call: <T>(name: string, effect: () => T) => Promise<T>,
): Source {
  const nothing = (name: string) => call(name, () => {})
  return {
    ensure: (app) => nothing(`source ensures ${app}`),
    remove: (app) => nothing(`source removes ${app}`),
    commitInfo: (_, name) =>
      call(`source looks at ${name}`, () => {
        const commit = commits.of(name)
        return { commit: commit.name, title: `title of ${name}`, tree: `tree-${name}` }
      }),
    readFile: (_, name, path) =>
      call(`source reads ${name}:${path}`, () =>
        path === 'naru.yaml' ? commits.of(name).spec : undefined,
      ),
    listFiles: (_, name) => call(`source lists ${name}`, () => []),
    keep: (_, name) => nothing(`source keeps ${name}`),
    collect: (app) => nothing(`source collects ${app}`),
    moveRef: (app, branch, name) => nothing(`source moves ${app} ${branch} to ${name}`),
    dropRef: (app, branch) => nothing(`source drops ${app} ${branch}`),
  }
}

export function builtFrom(commit: Commit, { build }: BuildJob): BuildResult {
  if (commit.build === 'fails')
    throw new NaruError('build.timed-out', { build: build.number, step: 'test', limitSeconds: 60 })
  return {
    artifact: {
      digest: `sha256-${commit.name}`,
      app: build.app,
      body: { kind: 'slug', folder: `/slugs/${build.app}/${commit.name}` },
      services: {},
      jobs: {},
    },
    reused: false,
    seconds: Math.round(commit.buildMs / 1000),
  }
}

function specText(random: Random): string {
  const seconds = (list: readonly number[]) => `${random.pick(list)}s`
  const service = (name: string, more: string[]) => [
    `  ${name}:`,
    `    command: run ${name}`,
    `    replicas: ${random.weighted({ 1: 5, 2: 3, 3: 2 })}`,
    `    healthy-for: ${seconds([0, 0, 1, 2])}`,
    `    healthy-within: ${seconds([6, 10, 20])}`,
    `    settle: ${seconds([0, 1, 2, 5])}`,
    ...more,
  ]
  const withWorker = random.chance(0.6)
  const overlap = random.chance(0.5) ? ['    overlap: none'] : []
  const second = random.chance(0.15)
  return [
    `strategy: ${random.weighted({ 'blue-green': 4, rolling: 3, recreate: 2 })}`,
    ...(random.chance(0.06) ? ['deploy: manual'] : []),
    'services:',
    ...service('web', []),
    ...(second ? service('api', []) : []),
    ...(withWorker ? service('worker', overlap) : []),
    ...(random.chance(0.25)
      ? [
          'jobs:',
          '  migrate:',
          '    command: migrate',
          '    when: before-rollout',
          '    timeout: 20s',
        ]
      : []),
    'routes:',
    '  - service: web',
    ...(second ? ['  - { path: /api, service: api }'] : []),
    ...(random.chance(0.03) ? ['secrets: [TOKEN]'] : []),
    '',
  ].join('\n')
}
