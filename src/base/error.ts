/**
 * The facts each code carries: data a script may branch on, never a secret. A sentence for people is
 * made from them at the edges (`contract/words`), so a language is one more file there.
 */
export type Facts = {
  'naru.broken': { report: string }
  'usage.invalid': { what: string; expected: string }
  'request.invalid': { issues: string[] }
  'request.too-large': { limitBytes: number }
  'token.missing': Record<never, never>
  'token.invalid': Record<never, never>
  'permission.denied': { permission: string }
  'path.unknown': { path: string }

  'server.unreachable': { address: string }
  'server.port-taken': { address: string; flag: string; holder: string }
  'server.start-failed': { log: string }
  'data.unwritable': { folder: string; reason: string }
  'data.locked': { folder: string }
  'data.full': { folder: string }
  'data.busy': { file: string }
  'data.broken': { file: string; reason: string }
  'data.newer': { file: string; found: string }
  'data.unreachable': { folder: string; user: string }
  'node.too-old': { found: string; needed: string }
  'git.missing': Record<never, never>
  'git.too-old': { found: string; needed: string }
  'git.failed': { command: string; reason: string }
  'user.missing': { user: string; reason: string }

  'app.unknown': { app: string }
  'app.exists': { app: string }
  'app.unnamed': Record<never, never>
  'name.invalid': { what: string; name: string }
  'environment.unknown': { app: string; environment: string }
  'confirm.mismatch': { expected: string; found: string }
  'setting.unknown': { app: string; name: string }
  'secret.unknown': { app: string; name: string }
  'secret.missing': { app: string; names: string[] }
  'secret.unreadable': { app: string; name: string }
  'value.invalid': { what: string; name: string; reason: string }

  'spec.invalid': { file: string; mistakes: SpecMistake[] }
  'host.taken': { host: string; app: string; environment: string }

  'push.branch': { branch: string; deploys: string }
  'push.tag': { tag: string }
  'push.deletion': { ref: string }
  'push.not-a-branch': { ref: string }
  'push.several': Record<never, never>
  'commit.unknown': { app: string; commit: string }
  'repository.none': { folder: string }

  'build.unknown': { app: string; build: number }
  'build.no-start': { found: string }
  'build.no-lockfile': Record<never, never>
  'build.unrecognised': { files: string[] }
  'build.step-failed': {
    build: number
    step: string
    exitCode: number | null
    signal: string | null
  }
  'build.interrupted': { build: number }
  'build.superseded': { build: number; by: number }
  'build.disk-full': { build: number }

  'release.unknown': { app: string; release: number }
  'release.never-stable': { app: string; release: number }
  'release.serving': { app: string; release: number }
  'release.none': { app: string; environment: string }
  'artifact.missing': { app: string; release: number; digest: string }
  'deployment.unknown': { app: string; deployment: number }
  'deployment.over': { app: string; deployment: number; status: string }

  'rollout.unhealthy': {
    release: number
    service: string
    seconds: number
    reason: string
    given: number | null
    listening: number[]
  }
  'rollout.crashed': { release: number; service: string; restarts: number; exit: string }
  'rollout.died': { release: number; service: string; afterSeconds: number; exit: string }
  'rollout.unprepared': { release: number; reason: string }
  'rollout.aborted': { release: number; by: string }
  'rollout.superseded': { release: number; by: string }
  'rollout.faltered': { release: number; service: string; reason: string }

  'engine.cannot': { engine: string; what: string }
  'engine.no-port': { from: number; to: number }
  'engine.start-failed': { instance: string; reason: string }
  'router.down': { reason: string }
  'table.invalid': { issues: string[] }
}

export type SpecMistake = {
  line: number
  column: number
  /** Where in the document, "services.web.replicas". */
  path: string
  found: string
  expected: string
  /** The valid key or value that was probably meant. */
  nearest?: string
}

export type ErrorCode = keyof Facts

/** A failure as data: what the store keeps, the API sends and a deployment's story tells. */
export type Problem = { [C in ErrorCode]: { code: C; facts: Facts[C] } }[ErrorCode]

/** HTTP status and command-line exit code of every code. `docs/errors.md` explains each one. */
export const catalogue: Readonly<Record<ErrorCode, { status: number; exit: number }>> = {
  'naru.broken': { status: 500, exit: 1 },
  'usage.invalid': { status: 400, exit: 2 },
  'request.invalid': { status: 400, exit: 2 },
  'request.too-large': { status: 413, exit: 2 },
  'token.missing': { status: 401, exit: 3 },
  'token.invalid': { status: 401, exit: 3 },
  'permission.denied': { status: 403, exit: 3 },
  'path.unknown': { status: 404, exit: 4 },

  'server.unreachable': { status: 503, exit: 5 },
  'server.port-taken': { status: 409, exit: 6 },
  'server.start-failed': { status: 500, exit: 6 },
  'data.unwritable': { status: 507, exit: 6 },
  'data.locked': { status: 423, exit: 6 },
  'data.full': { status: 507, exit: 6 },
  'data.busy': { status: 503, exit: 6 },
  'data.broken': { status: 500, exit: 6 },
  'data.newer': { status: 500, exit: 6 },
  'data.unreachable': { status: 500, exit: 6 },
  'node.too-old': { status: 500, exit: 6 },
  'git.missing': { status: 500, exit: 6 },
  'git.too-old': { status: 500, exit: 6 },
  'git.failed': { status: 500, exit: 6 },
  'user.missing': { status: 500, exit: 6 },

  'app.unknown': { status: 404, exit: 4 },
  'app.exists': { status: 409, exit: 2 },
  'app.unnamed': { status: 400, exit: 2 },
  'name.invalid': { status: 400, exit: 2 },
  'environment.unknown': { status: 404, exit: 4 },
  'confirm.mismatch': { status: 400, exit: 2 },
  'setting.unknown': { status: 404, exit: 4 },
  'secret.unknown': { status: 404, exit: 4 },
  'secret.missing': { status: 409, exit: 7 },
  'secret.unreadable': { status: 500, exit: 6 },
  'value.invalid': { status: 400, exit: 2 },

  'spec.invalid': { status: 422, exit: 7 },
  'host.taken': { status: 409, exit: 7 },

  'push.branch': { status: 409, exit: 7 },
  'push.tag': { status: 409, exit: 7 },
  'push.deletion': { status: 409, exit: 7 },
  'push.not-a-branch': { status: 409, exit: 7 },
  'push.several': { status: 409, exit: 7 },
  'commit.unknown': { status: 404, exit: 4 },
  'repository.none': { status: 400, exit: 2 },

  'build.unknown': { status: 404, exit: 4 },
  'build.no-start': { status: 422, exit: 8 },
  'build.no-lockfile': { status: 422, exit: 8 },
  'build.unrecognised': { status: 422, exit: 8 },
  'build.step-failed': { status: 422, exit: 8 },
  'build.interrupted': { status: 409, exit: 8 },
  'build.superseded': { status: 409, exit: 11 },
  'build.disk-full': { status: 507, exit: 8 },

  'release.unknown': { status: 404, exit: 4 },
  'release.never-stable': { status: 409, exit: 7 },
  'release.serving': { status: 409, exit: 7 },
  'release.none': { status: 409, exit: 7 },
  'artifact.missing': { status: 409, exit: 7 },
  'deployment.unknown': { status: 404, exit: 4 },
  'deployment.over': { status: 409, exit: 7 },

  'rollout.unhealthy': { status: 409, exit: 10 },
  'rollout.crashed': { status: 409, exit: 10 },
  'rollout.died': { status: 409, exit: 10 },
  'rollout.unprepared': { status: 409, exit: 10 },
  'rollout.aborted': { status: 409, exit: 12 },
  'rollout.superseded': { status: 409, exit: 11 },
  'rollout.faltered': { status: 409, exit: 10 },

  'engine.cannot': { status: 422, exit: 7 },
  'engine.no-port': { status: 503, exit: 10 },
  'engine.start-failed': { status: 500, exit: 10 },
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
