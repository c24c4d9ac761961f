import { NaruError } from '../../base/error.ts'
import type { StepSpec } from '../../model/spec.ts'
import { sayCommand } from '../recipe-types.ts'
import { type ImageWork, isTimeout } from './image-work.ts'

/** Runs the steps of the pipeline in containers of an image, one after the other. Throws `build.step-failed`, `build.timed-out`. */
export async function runSteps(work: ImageWork, image: string): Promise<void> {
  for (const step of work.request.spec.pipeline) await runStep(work, image, step)
}

async function runStep(work: ImageWork, image: string, { name, command }: StepSpec): Promise<void> {
  const { request, workshop, images, log, signal } = work
  const { app, number: build, spec } = request
  const title = { step: name, command: sayCommand(command) }
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  await log.note({ is: 'step-begun', ...title })
  const output = log.output('  ')
  try {
    const { exitCode } = await images.run(
      {
        app,
        build,
        image,
        command,
        environment: { CI: 'true', NARU_APP: app, ...workshop.environment },
        output: (chunk) => output.write(chunk),
      },
      signal,
    )
    await output.end()
    if (exitCode === 0) return await log.note({ is: 'step-done', ...title, seconds: seconds() })
    await log.note({ is: 'step-failed', ...title, exitCode, seconds: seconds() })
    const facts = { build, step: name, exitCode, signal: null }
    throw new NaruError('build.step-failed', { ...facts, seconds: Math.round(seconds() * 10) / 10 })
  } catch (error) {
    if (!signal.aborted) throw error
    const limitSeconds = spec.build.timeoutSeconds
    if (!isTimeout(signal)) {
      await log.note({ is: 'step-cancelled', ...title, seconds: seconds() })
      throw error
    }
    await log.note({ is: 'step-late', ...title, limitSeconds, seconds: seconds() })
    throw new NaruError('build.timed-out', { build, step: name, limitSeconds }, { cause: error })
  }
}
