import { Agent, request } from 'undici'

export type Refusal = { app: string; at: number; what: string }

/** One question every 100 ms to each app, on connections that are kept, until it is ended. */
export class SoakVisitors {
  requests = 0
  readonly refused: Refusal[] = []
  readonly #agent = new Agent({ connections: 4 })
  readonly #timers: NodeJS.Timeout[]
  readonly #open = new Set<Promise<void>>()

  constructor(
    private readonly port: number,
    apps: readonly string[],
  ) {
    this.#timers = apps.map((app) =>
      setInterval(() => {
        const asked = this.#ask(app).finally(() => this.#open.delete(asked))
        this.#open.add(asked)
      }, 100),
    )
  }

  async end(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all(this.#open)
    await this.#agent.close()
  }

  async #ask(app: string): Promise<void> {
    this.requests += 1
    const at = Date.now()
    try {
      const { statusCode, body } = await request(`http://127.0.0.1:${this.port}/`, {
        dispatcher: this.#agent,
        headers: { host: `${app}.localhost` },
        headersTimeout: 20_000,
        bodyTimeout: 20_000,
      })
      const text = await body.text()
      if (statusCode !== 200 || !/^\d+$/.test(text))
        this.refused.push({ app, at, what: `status ${statusCode}` })
    } catch (error) {
      this.refused.push({ app, at, what: error instanceof Error ? error.message : String(error) })
    }
  }
}
