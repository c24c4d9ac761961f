/** How long each step took, so that the slow ones can be named. */
export type StepTimes = {
  add(step: string, seconds: number): void
  /** Slowest first, those that make up most of the time; none where nothing was slow. */
  slowest(totalSeconds: number): StepTime[]
}

export type StepTime = { step: string; seconds: number }

/** A build that is over sooner has no slow step. */
const slowSeconds = 10

export function stepTimes(): StepTimes {
  const taken: StepTime[] = []
  return {
    add: (step, seconds) => void taken.push({ step, seconds }),
    slowest: (totalSeconds) => {
      if (totalSeconds <= slowSeconds) return []
      return taken
        .filter(({ seconds }) => seconds >= totalSeconds / 5)
        .sort((one, other) => other.seconds - one.seconds)
    },
  }
}
