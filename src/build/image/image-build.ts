import { readFile } from 'node:fs/promises'
import { NaruError } from '../../base/error.ts'
import { Secret } from '../../base/secret.ts'
import { ImageBuildError, type Images } from '../../engine/images.ts'
import type { Artifact } from '../../model/artifact.ts'
import { writersOf } from '../../model/spec-containers.ts'
import type { BuildResult } from '../build.ts'
import { isDiskFull, saysDiskFull } from '../disk-full.ts'
import { openBuildLog } from '../log.ts'
import type { BuildRequest, Workshop } from '../workshop.ts'
import { contextOf } from './context.ts'
import { authoritiesSecret } from './dockerfile.ts'
import { imageLog } from './image-log.ts'
import { findImagePlan, type ImagePlan } from './image-plan.ts'
import { type ImageWork, isTimeout } from './image-work.ts'
import { runSteps } from './steps.ts'

/**
 * Builds a commit into an image, and logs how: by its own Dockerfile, or one that is made for it. Throws `build.*`,
 * `engine.unavailable`, and the reason of `signal` once nothing of the build runs any more.
 */
export async function buildImage(
  request: BuildRequest,
  workshop: Workshop,
  images: Images,
  signal: AbortSignal,
): Promise<BuildResult> {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const { app, number, commit, spec } = request
  const log = await openBuildLog(workshop.log)
  const limit = AbortSignal.timeout(spec.build.timeoutSeconds * 1000)
  try {
    await log.note({ is: 'begun', build: number, app, commit: commit.slice(0, 10) })
    const plan = await findImagePlan(workshop, spec, workshop.host)
    for (const reason of plan.reasons) await log.note({ is: 'reason', reason })
    for (const service of writersOf(spec.services))
      await log.note({ is: 'reason', reason: { is: 'one-writer', service } })
    for (const note of plan.foreign) await log.note({ is: 'foreign', note })
    const both = AbortSignal.any([signal, limit])
    const id = await build({ request, workshop, images, plan, log, signal: both })
    const artifact = artifactOf(app, id, plan)
    const reused = await workshop.kept(artifact.digest)
    await log.note(reused ? { is: 'reused' } : { is: 'ready', seconds: seconds() })
    return { artifact, reused, seconds: seconds() }
  } catch (error) {
    if (!signal.aborted && isDiskFull(error))
      throw new NaruError('build.disk-full', { build: number }, { cause: error })
    throw error
  } finally {
    await log.close()
  }
}

/** Steps that must pass run where the tools of the build are; only then is there an image. */
async function build(work: ImageWork): Promise<string> {
  const { plan, request } = work
  const { pipeline } = request.spec
  if (plan.stepsIn !== null && pipeline.length > 0)
    await runSteps(work, await buildStage(work, plan.stepsIn))
  const id = await buildStage(work, plan.target)
  if (plan.stepsIn === null && pipeline.length > 0) await runSteps(work, id)
  return id
}

/** An image that is made elsewhere and cannot be had from there is the one of this machine, if it has one, and that is said. */
async function buildStage(work: ImageWork, target: string | undefined): Promise<string> {
  const { images, plan, log } = work
  const { fetched: image } = plan
  try {
    return await buildOnce(work, target, image !== null)
  } catch (error) {
    const isMissed = error instanceof NaruError && error.code === 'build.image-unfetched'
    if (image === null || !isMissed || !(await images.has(image))) throw error
    const { reason } = error.facts as { reason: string }
    await log.note({ is: 'reason', reason: { is: 'image-not-fetched', image, reason } })
    return buildOnce(work, target, false)
  }
}

async function buildOnce(
  work: ImageWork,
  target: string | undefined,
  fetches: boolean,
): Promise<string> {
  const { request, workshop, images, plan, log, signal } = work
  const { app, number } = request
  const seen = imageLog(log)
  const context = contextOf({
    archive: await workshop.archive(),
    folder: plan.folder,
    ignore: plan.ignore,
    always: [plan.dockerfile],
    extra: await extraOf(work),
  })
  try {
    const { id } = await images.build(
      {
        app,
        build: number,
        context,
        dockerfile: plan.dockerfile,
        ...(target === undefined ? {} : { target }),
        args: plan.args,
        fetches,
        secrets: await secretsOf(work),
        loginAt: workshop.loginAt,
        progress: async (event) => {
          await seen.progress(event)
          if (plan.fetched !== null && event.is === 'done') await notePinned(event.step, work)
        },
      },
      signal,
    )
    return id
  } catch (error) {
    throw failureOf(error, work, seen)
  }
}

/** BuildKit names what it has found with its digest: "[1/1] FROM ghcr.io/team/shop:1.2@sha256:…". */
async function notePinned(step: string, { plan, log }: ImageWork): Promise<void> {
  const [, digest] = /\bFROM \S+@(sha256:[0-9a-f]{64})/.exec(step) ?? []
  const { fetched: image } = plan
  if (digest !== undefined && image !== null)
    await log.note({ is: 'reason', reason: { is: 'image-pinned', image, digest } })
}

/** By the names that `RUN --mount=type=secret` knows them by: those of the app, and what this machine trusts. */
async function secretsOf({ plan, request, workshop }: ImageWork): Promise<Record<string, Secret>> {
  const own = await workshop.secrets(request.spec.build.secrets)
  return { ...own, ...(await trustOf(plan)) }
}

/** Nothing where it cannot be read. */
async function trustOf({ authorities }: ImagePlan): Promise<Record<string, Secret>> {
  if (authorities === null) return {}
  const text = await readFile(authorities, 'utf8').catch(() => null) // As whoever runs Naru finds it, too.
  return text === null ? {} : { [authoritiesSecret]: new Secret(text) }
}

/** What Naru adds to the commit's files. */
async function extraOf({ plan, workshop }: ImageWork): Promise<Record<string, string>> {
  const server = Object.keys(plan.adds)
  const text = server.length === 0 ? '' : await readFile(workshop.staticServer, 'utf8')
  return {
    ...(plan.generated === null ? {} : { [plan.dockerfile]: plan.generated }),
    ...Object.fromEntries(server.map((path) => [path, text])),
  }
}

function failureOf(
  error: unknown,
  { request, plan, log, signal }: ImageWork,
  seen: ReturnType<typeof imageLog>,
): unknown {
  const { number: build, spec } = request
  if (isTimeout(signal)) {
    const facts = { build, step: seen.running(), limitSeconds: spec.build.timeoutSeconds }
    return new NaruError('build.timed-out', facts, { cause: error })
  }
  if (!(error instanceof ImageBuildError)) return error
  if (log.tail(20).some(saysDiskFull) || saysDiskFull(error.message))
    return new NaruError('build.disk-full', { build }, { cause: error })
  if (plan.fetched !== null)
    return new NaruError('build.image-unfetched', {
      build,
      image: plan.fetched,
      why: whyUnfetched(error.message),
      reason: error.message,
    })
  const failed = seen.failed()
  if (failed?.exitCode != null) {
    const { step, exitCode } = failed
    const seconds = Math.round(failed.seconds * 10) / 10
    return new NaruError('build.step-failed', { build, step, exitCode, signal: null, seconds })
  }
  const [, line] = /\bline (\d+)\b/.exec(error.message) ?? []
  return new NaruError('build.dockerfile-failed', {
    build,
    line: line === undefined ? null : Number(line),
    reason: error.message,
  })
}

/** In whatever words the daemon of the day says it. */
function whyUnfetched(message: string): 'unknown' | 'refused' | 'unreachable' {
  if (/authoriz|denied|unauthorized|forbidden|\b40[13]\b/i.test(message)) return 'refused'
  return /not found|unknown|no match/i.test(message) ? 'unknown' : 'unreachable'
}

function artifactOf(app: string, id: string, plan: ImagePlan): Artifact {
  return {
    digest: id.replace(':', '-'),
    app,
    body: { kind: 'image', id },
    services: plan.services,
    jobs: plan.jobs,
  }
}
