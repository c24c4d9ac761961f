import { Agent, request } from 'node:http'

export type Visit = {
  status: number
  body: string
  headers: Record<string, string | string[] | undefined>
}

export function visitOnce(port: number, host: string, path = '/', agent?: Agent): Promise<Visit> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: '127.0.0.1', path, headers: { host }, agent: agent ?? false },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            headers: answer.headers,
          }),
        )
      },
    )
    asked.on('error', reject)
    asked.setTimeout(20_000, () => asked.destroy(new Error('no answer within 20 s')))
    asked.end()
  })
}

/** Two visitors, one on a kept connection and one on new ones, who ask again and again and count what fails. */
export class Visitors {
  requests = 0
  readonly failures: string[] = []
  /** Every different answer, in the order in which it was first seen. */
  readonly seen: string[] = []
  #stopped = false
  readonly #ended: Promise<unknown>
  readonly #kept = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(port: number, host: string, everyMs = 20) {
    const walk = async (agent?: Agent): Promise<void> => {
      while (!this.#stopped) {
        await this.#visit(port, host, agent)
        await new Promise((resolve) => setTimeout(resolve, everyMs))
      }
    }
    this.#ended = Promise.all([walk(this.#kept), walk()])
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#ended
    this.#kept.destroy()
  }

  async #visit(port: number, host: string, agent?: Agent): Promise<void> {
    this.requests += 1
    try {
      const { status, body } = await visitOnce(port, host, '/', agent)
      if (status !== 200) this.failures.push(`${new Date().toISOString()} status ${status}`)
      else if (!this.seen.includes(body)) this.seen.push(body)
    } catch (error) {
      this.failures.push(
        `${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
}
