/** How long things took, by name. */
export class Times {
  readonly #taken = new Map<string, number[]>()

  add(name: string, ms: number): void {
    const taken = this.#taken.get(name)
    if (taken === undefined) this.#taken.set(name, [ms])
    else taken.push(ms)
  }

  all(): Record<string, { count: number; p50Ms: number; p99Ms: number; mostMs: number }> {
    return Object.fromEntries(
      [...this.#taken].map(([name, taken]) => {
        const sorted = taken.sort((one, other) => one - other)
        const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
        return [name, { count: taken.length, p50Ms: at(0.5), p99Ms: at(0.99), mostMs: at(1) }]
      }),
    )
  }
}
