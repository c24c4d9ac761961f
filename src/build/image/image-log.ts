import type { ImageProgress } from '../../engine/images.ts'
import type { BuildLog } from '../log.ts'
import { stepTimes } from '../step-times.ts'

/** Writes what becomes of the instructions of a Dockerfile into a build's log, as it does with steps. */
export function imageLog(log: BuildLog) {
  const outputs = new Map<string, ReturnType<BuildLog['output']>>()
  const times = stepTimes()
  let running = ''
  let failed: { step: string; exitCode: number | null; seconds: number } | null = null

  async function progress(event: ImageProgress): Promise<void> {
    const title = titleOf(event.step)
    if (title === null) return
    if (event.is === 'begun') {
      running = title.step
      return log.note({ is: 'step-begun', ...title })
    }
    if (event.is === 'output') {
      const output = outputs.get(event.step) ?? log.output('  ')
      outputs.set(event.step, output)
      return output.write(event.chunk)
    }
    await outputs.get(event.step)?.end()
    outputs.delete(event.step)
    const { seconds } = event
    times.add(title.step, seconds)
    if (event.is === 'failed') {
      const exitCode = exitCodeIn(event.reason)
      // What was cancelled because of another's failure is none itself.
      if (/context canceled/.test(event.reason))
        return log.note({ is: 'step-cancelled', ...title, seconds })
      failed = { step: sayStep(title), exitCode, seconds }
      return log.note({ is: 'step-failed', ...title, exitCode, seconds })
    }
    if (event.cached) return log.note({ is: 'cached', step: sayStep(title), seconds })
    return log.note({ is: 'step-done', ...title, seconds })
  }

  return {
    progress,
    /** The instruction that failed first, as it is called in the log. */
    failed: () => failed,
    /** The one that began last. */
    running: () => running,
    slowest: (seconds: number) => times.slowest(seconds),
  }
}

type Title = { step: string; command: string }

const sayStep = ({ step, command }: Title): string => `${step} ${command}`

/** Of "[build 2/5] RUN npm ci"; null for what BuildKit does for itself. */
function titleOf(name: string): Title | null {
  const [, place, instruction] = /^\[((?!internal\b)[^\]]*)\] (.*)$/s.exec(name) ?? []
  if (place === undefined || instruction === undefined) return null
  // A text over several lines is shown as one.
  return { step: place.replace(/\s+/g, ' '), command: instruction.replace(/\s*\\?\n\s*/g, ' ') }
}

function exitCodeIn(reason: string): number | null {
  const [, code] = /exit code: (\d+)/.exec(reason) ?? []
  return code === undefined ? null : Number(code)
}
