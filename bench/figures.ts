/** Prints figures one a line, `NAME VALUE UNIT goal GOAL met|missed`, or all at once as JSON with `--json`. */
export class Figures {
  readonly #all: {
    name: string
    value: number
    unit: string
    goal?: number
    met?: boolean
    note?: string
  }[] = []
  readonly #json = process.argv.includes('--json')

  /** A figure with a goal that it should stay at or below; `atLeast` turns that round. */
  add(
    name: string,
    value: number,
    unit: string,
    goal?: { value: number; atLeast?: boolean },
    note?: string,
  ): void {
    const rounded = Number(value.toPrecision(3))
    const met = goal && (goal.atLeast ? value >= goal.value : value <= goal.value)
    this.#all.push({
      name,
      value: rounded,
      unit,
      ...(goal ? { goal: Number(goal.value.toPrecision(3)), met: met === true } : {}),
      ...(note ? { note } : {}),
    })
    if (this.#json) return
    const judged = goal
      ? ` goal ${Number(goal.value.toPrecision(3))} ${met ? 'met' : 'missed'}`
      : ''
    console.log(`${name} ${rounded} ${unit}${judged}${note ? `  (${note})` : ''}`)
  }

  end(): void {
    if (this.#json) console.log(JSON.stringify(this.#all, null, 2))
  }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  return (
    ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) +
      (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) /
    2
  )
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

/** Says on stderr what is being done, so that a long run is not silent. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`)
