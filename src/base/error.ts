import type {
  ArchiveDamage,
  ArchiveLimit,
  EntryFault,
  ForeignArchive,
  UnreadableReason,
} from './archive-fault.ts'
import type { ArgumentKind } from './argument-kind.ts'
import type { BuildLanguage, BuildTool } from './build-tool.ts'
import type { SpecMistake } from './spec-mistake.ts'

/**
 * The facts each code carries: data a script may branch on, never a secret. A sentence for people is
 * made from them at the edges (`contract/words`), so a language is one more file there.
 */
export type Facts = {
  /** `here`: it is the command line itself that broke, not a server. */
  'naru.broken': { report: string; here?: boolean }
  'usage.invalid': { what: string; expected: string }
  'argument.invalid': { kind: ArgumentKind; text: string }
  'request.invalid': { issues: string[] }
  'request.too-large': { limitBytes: number }
  'token.missing': Record<never, never>
  'token.invalid': Record<never, never>
  /** While something that it had asked for was under way. */
  'token.revoked': { name: string; by: string }
  'permission.denied': { permission: string }
  'token.exists': { name: string }
  'token.unknown': { name: string }
  /** The token of the data folder, which every start of the server puts back. */
  'token.owners': { name: string }
  'context.unknown': { name: string; contexts: string[] }
  'file.unreadable': { file: string; reason: string }
  'path.unknown': { path: string }

  'server.unreachable': { address: string }
  'server.port-taken': { address: string; flag: string; holder: string }
  'server.start-failed': { log: string }
  /** Naru has ended, and what that engine runs has not. */
  'server.apps-left': { engine: string; reason: string }
  'data.unwritable': { folder: string; reason: string }
  'data.locked': { folder: string }
  'data.full': { folder: string }
  'disk.filling': { folder: string; usedPercent: number; freeBytes: number }
  'data.busy': { file: string }
  'data.broken': { file: string; reason: string }
  'data.newer': { file: string; found: string }
  'data.unreachable': { folder: string; user: string }
  'data.noexec': { folder: string }
  'node.too-old': { found: string; needed: string }
  'git.missing': Record<never, never>
  'git.too-old': { found: string; needed: string }
  'git.failed': { command: string; reason: string }
  'user.missing': { user: string; reason: string }
  'platform.unsupported': { platform: string }
  'boot.unsupported': Record<never, never>
  'boot.failed': { command: string; reason: string }
  /** `count`: findings that keep Naru from working. */
  'doctor.bad': { count: number }

  'app.unknown': { app: string }
  'app.exists': { app: string }
  'app.unnamed': Record<never, never>
  'name.invalid': { what: string; name: string }
  'environment.unknown': { app: string; environment: string }
  'environment.exists': { app: string; environment: string }
  'environment.production': { app: string }
  'host.too-long': { host: string; limit: number }
  /** `app`: what is confirmed is an environment of it. */
  'confirm.mismatch': { expected: string; found: string; app?: string }
  'registry.unknown': { host: string; hosts: string[] }
  'setting.unknown': { app: string; environment?: string; name: string }
  'secret.unknown': { app: string; environment?: string; name: string }
  'secret.missing': { app: string; environment: string; names: string[] }
  'secret.unreadable': { app: string; environment?: string; name: string }
  'value.invalid': { what: string; name: string; reason: string }

  'spec.invalid': { file: string; mistakes: SpecMistake[] }
  'host.taken': { host: string; app: string; environment: string }

  /** `deployed`: who deploys what; `named`: the environment that naru.yaml means for the branch and that is not there. */
  'push.branch': {
    app: string
    branch: string
    deployed: { environment: string; branch: string }[]
    named: string | null
  }
  'branch.taken': { app: string; branch: string; environments: string[] }
  /** `other`: the branch of `environment`; one of both would be a folder of the other. */
  'branch.nested': { app: string; branch: string; environment: string; other: string }
  'push.tag': { tag: string }
  'push.deletion': { ref: string }
  'push.not-a-branch': { ref: string }
  'push.several': Record<never, never>
  'commit.unknown': { app: string; commit: string }
  'repository.none': { folder: string }

  'archive.missing': { path: string }
  'archive.unknown': { name: string; found: ForeignArchive }
  'archive.broken': { name: string; damage: ArchiveDamage }
  'archive.entry': { entry: string; fault: EntryFault; other?: string }
  'archive.too-large': { what: ArchiveLimit; limit: number }
  'archive.empty': { name: string }
  'archive.unreadable': { path: string; why: UnreadableReason }

  'build.unknown': { app: string; build: number }
  'build.no-start': { found: string; language?: BuildLanguage }
  'build.several-programs': { language: BuildLanguage; programs: string[] }
  'build.tool-missing': { tool: BuildTool; needed: string }
  'build.unsupported': { file: string; tool: 'pipenv' | 'gradle' }
  /** `lockfile`: the one that `manager` writes. Naru 0.1 knew only npm, and kept neither. */
  'build.no-lockfile': { manager?: 'npm' | 'pnpm' | 'yarn'; lockfile?: string }
  'build.procfile': { line: number; found: string; expected: string }
  'build.engine': { wanted: string; found: string }
  'build.no-folder': { folder: string; folders: string[] }
  'build.no-output': { build: number; folders: string[] }
  'build.submodules': { paths: string[] }
  'build.lfs': { paths: string[] }
  'build.no-dockerfile': { path: string }
  /** `reason` in the words of the Docker Engine; `line` null where it names none. */
  /** An image that is made elsewhere; `refused`: it is not there, or not for us. */
  'build.image-unfetched': {
    build: number
    image: string
    why: 'unknown' | 'refused' | 'unreachable'
    reason: string
  }
  'build.dockerfile-failed': { build: number; line: number | null; reason: string }
  'build.timed-out': { build: number; step: string; limitSeconds: number }
  'build.unrecognised': { files: string[] }
  'build.step-failed': {
    build: number
    step: string
    exitCode: number | null
    signal: string | null
    /** Naru 0.1 did not keep it. */
    seconds?: number
  }
  'build.superseded': { build: number; by: number }
  'build.disk-full': { build: number }
  'build.cancelled': { build: number; by: string }
  /** `release`: what was asked for while it was built, and won. */
  'build.overtaken': { build: number; wish: LaterWish; release: number; by: string }
  'build.over': { app: string; build: number; status: string }
  'build.no-artifact': { app: string; build: number; status: string }
  'build.gone': { app: string; build: number; digest: string }

  'release.unknown': { app: string; environment?: string; release: number }
  'release.never-stable': { app: string; environment?: string; release: number }
  'release.serving': { app: string; environment?: string; release: number }
  'release.none': { app: string; environment: string }
  'artifact.missing': { app: string; environment?: string; release: number; digest: string }
  'deployment.none': { app: string; environment: string }
  'promotion.none': { app: string; from: string }
  /** `variable`: NARU_ENVIRONMENT, and nobody who typed, named where it should go. */
  'promotion.same': { app: string; environment: string; variable?: boolean }
  'service.unknown': { app: string; environment: string; service: string; services: string[] }
  'scale.zero': { app: string; environment: string; service: string }
  'deployment.unknown': { app: string; environment?: string; deployment: number }
  'deployment.over': { app: string; environment?: string; deployment: number; status: string }

  'rollout.unhealthy': {
    release: number
    service: string
    seconds: number
    reason: string
    given: number | null
    listening: number[]
    /** Whether users reached the release already. */
    exposed?: boolean
  }
  'rollout.crashed': { release: number; service: string; restarts: number; exit: string }
  'rollout.died': { release: number; service: string; afterSeconds: number; exit: string }
  'rollout.unprepared': { release: number; reason: string }
  'rollout.aborted': { release: number; by: string }
  'rollout.superseded': { release: number; by: string }
  'rollout.faltered': { release: number; service: string; reason: string }

  'job.unknown': { app: string; environment?: string; release: number; job: string; jobs: string[] }
  'job.failed': {
    environment?: string
    release: number
    job: string
    run: number
    exitCode: number | null
    signal: string | null
  }
  'job.timed-out': {
    environment?: string
    release: number
    job: string
    run: number
    seconds: number | null
  }
  'job.cancelled': { environment?: string; release: number; job: string; run: number }
  'run.unknown': { app: string; environment?: string; run: number }
  'run.over': { app: string; environment?: string; run: number; status: string }
  'run.no-release': { app: string; environment: string }
  'run.no-terminal': { reason: string }
  'run.broken-off': { address: string }

  /** `instance` null: none of the service runs; `services`: of which one does. */
  'instance.unknown': {
    app: string
    environment: string
    service: string
    instance: string | null
    services: string[]
  }
  'instance.gone': { app: string; environment: string; instance: string }
  /** `reason`: what tar said in the instance. */
  'copy.failed': { app: string; environment: string; service: string; path: string; reason: string }
  'engine.no-port': { from: number; to: number }
  'engine.start-failed': { instance: string; reason: string }
  'engine.unavailable': { engine: string; reason: string }
  /** `what`: a key of naru.yaml, services.web.volumes, or a command. */
  'engine.cannot': { engine: string; what: string }
  'router.down': { reason: string }
  'table.invalid': { issues: string[] }
}

/** What somebody asked for while a build was under way, and that wins over the build. */
export type LaterWish = 'rollback' | 'deploy' | 'promotion'

export type ErrorCode = keyof Facts

/** A failure as data: what the store keeps, the API sends and a deployment's story tells. */
export type Problem = { [C in ErrorCode]: { code: C; facts: Facts[C] } }[ErrorCode]

/** HTTP status and command-line exit code of every code. `docs/errors.md` explains each one. */
export const catalogue: Readonly<Record<ErrorCode, { status: number; exit: number }>> = {
  'naru.broken': { status: 500, exit: 1 },
  'usage.invalid': { status: 400, exit: 2 },
  'argument.invalid': { status: 400, exit: 2 },
  'request.invalid': { status: 400, exit: 2 },
  'request.too-large': { status: 413, exit: 2 },
  'token.missing': { status: 401, exit: 3 },
  'token.invalid': { status: 401, exit: 3 },
  'token.revoked': { status: 401, exit: 3 },
  'permission.denied': { status: 403, exit: 3 },
  'token.exists': { status: 409, exit: 2 },
  'token.unknown': { status: 404, exit: 4 },
  'token.owners': { status: 409, exit: 2 },
  'context.unknown': { status: 404, exit: 4 },
  'file.unreadable': { status: 400, exit: 2 },
  'path.unknown': { status: 404, exit: 4 },

  'server.unreachable': { status: 503, exit: 5 },
  'server.port-taken': { status: 409, exit: 6 },
  'server.start-failed': { status: 500, exit: 6 },
  'server.apps-left': { status: 503, exit: 6 },
  'data.unwritable': { status: 507, exit: 6 },
  'data.locked': { status: 423, exit: 6 },
  'data.full': { status: 507, exit: 6 },
  'disk.filling': { status: 507, exit: 6 },
  'data.busy': { status: 503, exit: 6 },
  'data.broken': { status: 500, exit: 6 },
  'data.newer': { status: 500, exit: 6 },
  'data.unreachable': { status: 500, exit: 6 },
  'data.noexec': { status: 500, exit: 6 },
  'node.too-old': { status: 500, exit: 6 },
  'git.missing': { status: 500, exit: 6 },
  'git.too-old': { status: 500, exit: 6 },
  'git.failed': { status: 500, exit: 6 },
  'user.missing': { status: 500, exit: 6 },
  'platform.unsupported': { status: 500, exit: 6 },
  'boot.unsupported': { status: 500, exit: 6 },
  'boot.failed': { status: 500, exit: 6 },
  'doctor.bad': { status: 500, exit: 1 },

  'app.unknown': { status: 404, exit: 4 },
  'app.exists': { status: 409, exit: 2 },
  'app.unnamed': { status: 400, exit: 2 },
  'name.invalid': { status: 400, exit: 2 },
  'environment.unknown': { status: 404, exit: 4 },
  'environment.exists': { status: 409, exit: 2 },
  'environment.production': { status: 409, exit: 7 },
  'host.too-long': { status: 409, exit: 7 },
  'confirm.mismatch': { status: 400, exit: 2 },
  'registry.unknown': { status: 404, exit: 4 },
  'setting.unknown': { status: 404, exit: 4 },
  'secret.unknown': { status: 404, exit: 4 },
  'secret.missing': { status: 409, exit: 7 },
  'secret.unreadable': { status: 500, exit: 6 },
  'value.invalid': { status: 400, exit: 2 },

  'spec.invalid': { status: 422, exit: 7 },
  'host.taken': { status: 409, exit: 7 },

  'push.branch': { status: 409, exit: 7 },
  'branch.taken': { status: 409, exit: 7 },
  'branch.nested': { status: 409, exit: 7 },
  'push.tag': { status: 409, exit: 7 },
  'push.deletion': { status: 409, exit: 7 },
  'push.not-a-branch': { status: 409, exit: 7 },
  'push.several': { status: 409, exit: 7 },
  'commit.unknown': { status: 404, exit: 4 },
  'repository.none': { status: 400, exit: 2 },

  'archive.missing': { status: 400, exit: 2 },
  'archive.unknown': { status: 415, exit: 7 },
  'archive.broken': { status: 422, exit: 7 },
  'archive.entry': { status: 422, exit: 7 },
  'archive.too-large': { status: 413, exit: 7 },
  'archive.empty': { status: 422, exit: 7 },
  'archive.unreadable': { status: 400, exit: 2 },

  'build.unknown': { status: 404, exit: 4 },
  'build.no-start': { status: 422, exit: 8 },
  'build.several-programs': { status: 422, exit: 8 },
  'build.tool-missing': { status: 422, exit: 8 },
  'build.unsupported': { status: 422, exit: 8 },
  'build.no-lockfile': { status: 422, exit: 8 },
  'build.procfile': { status: 422, exit: 8 },
  'build.engine': { status: 422, exit: 8 },
  'build.no-folder': { status: 422, exit: 8 },
  'build.no-output': { status: 422, exit: 8 },
  'build.submodules': { status: 422, exit: 8 },
  'build.lfs': { status: 422, exit: 8 },
  'build.no-dockerfile': { status: 422, exit: 8 },
  'build.image-unfetched': { status: 422, exit: 8 },
  'build.dockerfile-failed': { status: 422, exit: 8 },
  'build.timed-out': { status: 422, exit: 8 },
  'build.unrecognised': { status: 422, exit: 8 },
  'build.step-failed': { status: 422, exit: 8 },
  'build.superseded': { status: 409, exit: 11 },
  'build.disk-full': { status: 507, exit: 8 },
  'build.cancelled': { status: 409, exit: 12 },
  'build.overtaken': { status: 409, exit: 11 },
  'build.over': { status: 409, exit: 7 },
  'build.no-artifact': { status: 409, exit: 7 },
  'build.gone': { status: 409, exit: 7 },

  'release.unknown': { status: 404, exit: 4 },
  'release.never-stable': { status: 409, exit: 7 },
  'release.serving': { status: 409, exit: 7 },
  'release.none': { status: 409, exit: 7 },
  'artifact.missing': { status: 409, exit: 7 },
  'deployment.none': { status: 409, exit: 7 },
  'promotion.none': { status: 409, exit: 7 },
  'promotion.same': { status: 400, exit: 2 },
  'service.unknown': { status: 404, exit: 4 },
  'scale.zero': { status: 409, exit: 7 },
  'deployment.unknown': { status: 404, exit: 4 },
  'deployment.over': { status: 409, exit: 7 },

  'rollout.unhealthy': { status: 409, exit: 10 },
  'rollout.crashed': { status: 409, exit: 10 },
  'rollout.died': { status: 409, exit: 10 },
  'rollout.unprepared': { status: 409, exit: 10 },
  'rollout.aborted': { status: 409, exit: 12 },
  'rollout.superseded': { status: 409, exit: 11 },
  'rollout.faltered': { status: 409, exit: 10 },

  'job.unknown': { status: 404, exit: 4 },
  'job.failed': { status: 409, exit: 10 },
  'job.timed-out': { status: 409, exit: 10 },
  'job.cancelled': { status: 409, exit: 12 },
  'run.unknown': { status: 404, exit: 4 },
  'run.over': { status: 409, exit: 7 },
  'run.no-release': { status: 409, exit: 7 },
  'run.no-terminal': { status: 501, exit: 7 },
  'run.broken-off': { status: 503, exit: 5 },

  'instance.unknown': { status: 404, exit: 4 },
  'instance.gone': { status: 409, exit: 7 },
  'copy.failed': { status: 422, exit: 8 },
  'engine.no-port': { status: 503, exit: 10 },
  'engine.start-failed': { status: 500, exit: 10 },
  'engine.unavailable': { status: 503, exit: 6 },
  'engine.cannot': { status: 422, exit: 7 },
  'router.down': { status: 503, exit: 6 },
  'table.invalid': { status: 422, exit: 7 },
}

/** The only error class that reaches a person. Anything else thrown is a bug in Naru. */
export class NaruError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'NaruError'

  constructor(
    readonly code: C,
    readonly facts: Facts[C],
    options?: { cause?: unknown },
  ) {
    super(`${code} ${JSON.stringify(facts)}`, options)
  }

  /** The same failure as plain data. */
  get problem(): Problem {
    return { code: this.code, facts: this.facts } as Problem
  }
}

/** The error for a problem that was kept as data. */
export const errorOf = (problem: Problem): NaruError => new NaruError(problem.code, problem.facts)
