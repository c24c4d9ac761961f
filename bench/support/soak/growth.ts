/** What was looked at together, each a number: "server-memory" in MB, "router-handles". */
export type Sample = Readonly<Record<string, number>>

/** How far a value may rise for other reasons than a leak: a share of what it was, and so much besides. */
export type Slack = { share: number; amount: number; unit: string }

export type Growth = { name: string; before: number; after: number; slack: Slack; grows: boolean }

/**
 * A value grows when its floor does: the lowest of the later half of the samples lies above the lowest of the earlier half
 * by more than the slack. What is collected now and then comes back to its floor; what leaks does not.
 */
export function growthOf(
  samples: readonly Sample[],
  slacks: Readonly<Record<string, Slack>>,
): Growth[] {
  if (samples.length < 4) throw new Error(`${samples.length} samples show no growth: 4 are needed`)
  const half = Math.floor(samples.length / 2)
  return Object.entries(slacks).map(([name, slack]) => {
    const before = lowest(samples.slice(0, half), name)
    const after = lowest(samples.slice(half), name)
    return { name, before, after, slack, grows: after > before * (1 + slack.share) + slack.amount }
  })
}

function lowest(samples: readonly Sample[], name: string): number {
  return Math.min(
    ...samples.map((sample) => {
      const value = sample[name]
      if (value === undefined) throw new Error(`${name} is missing in a sample`)
      return value
    }),
  )
}
