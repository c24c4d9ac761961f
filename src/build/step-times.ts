import { sayDuration } from '../base/duration.ts'

/** How long each step took, so that the slow ones can be named. */
export type StepTimes = {
  add(step: string, seconds: number): void
  /** "test 12 s, install 5.0 s", slowest first, those that make up most of the time; null where nothing was slow. */
  slowest(totalSeconds: number): string | null
}

/** A build that is over sooner has no slow step. */
const slowSeconds = 10

export function stepTimes(): StepTimes {
  const taken: { step: string; seconds: number }[] = []
  return {
    add: (step, seconds) => void taken.push({ step, seconds }),
    slowest: (totalSeconds) => {
      if (totalSeconds <= slowSeconds) return null
      const slow = taken
        .filter(({ seconds }) => seconds >= totalSeconds / 5)
        .sort((one, other) => other.seconds - one.seconds)
      return slow.length === 0
        ? null
        : slow.map(({ step, seconds }) => `${step} ${sayDuration(seconds)}`).join(', ')
    },
  }
}
