import { ApiFailure } from '../../../src/contract/failure.ts'
import { isOver } from '../../../src/model/rollout.ts'
import { CallRefused, callRouter } from '../../../src/route/builtin/control-client.ts'
import type { Naru, Ran, Repository } from '../../../test/support/naru.ts'
import { until } from '../../../test/support/naru.ts'

/** Something that was done under load, and when, in milliseconds since 1970; `to` is null while it goes on. */
export type Act = { what: string; from: number; to: number | null }

/** How long a deployment may take to its end, with all that is drained for it. */
const endsWithinMs = 300_000

/** What happens to one app, one thing after the other; each returns when nothing of it goes on any more. */
export class Acts {
  readonly done: Act[] = []
  #turn = 0

  constructor(
    private readonly naru: Naru,
    private readonly repository: Repository,
    private readonly files: (turn: number) => Record<string, string>,
    private readonly random: () => number,
  ) {}

  deploy(): Promise<void> {
    return this.#act('deploys', async () => {
      const pushed = await this.#push()
      if (pushed.code !== 0) throw new Error(`the push failed:\n${pushed.output}`)
      await this.#quiet()
    })
  }

  rollback(): Promise<void> {
    return this.#act('rolls back', async () => {
      await this.naru.client.rollback(this.#place)
      await this.#quiet()
    })
  }

  /** At any moment of a deployment; one that is over by then is no failure. */
  abort(): Promise<void> {
    return this.#act('aborts a deployment', async () => {
      const { number, pushed } = await this.#begun()
      await this.#aWhile(2000)
      await this.naru.client.abort(this.#place, number).catch((error: unknown) => {
        if (!(error instanceof ApiFailure)) throw error
      })
      await pushed
      await this.#quiet()
    })
  }

  /** At any moment of a deployment, which goes on when the server is back. */
  killServer(): Promise<void> {
    return this.#act('kills the server in a deployment', async () => {
      const { pushed } = await this.#begun()
      await this.#aWhile(3000)
      await this.naru.crash()
      await this.naru.up()
      await pushed
      await this.#quiet()
    })
  }

  /** Two of three times in the middle of a deployment. False: this router cannot hand over. */
  async handOver(): Promise<boolean> {
    let could = true
    await this.#act('hands the router over', async () => {
      const begun = this.random() < 0.67 ? await this.#begun() : null
      if (begun !== null) await this.#aWhile(2000)
      could = await handOver(this.naru)
      await begun?.pushed
      await this.#quiet()
    })
    return could
  }

  get #place() {
    return this.naru.place(this.repository.app)
  }

  #push(): Promise<Ran> {
    this.#turn += 1
    return this.repository.deploy(this.files(this.#turn))
  }

  /** A push, as soon as its deployment is there. */
  async #begun(): Promise<{ number: number; pushed: Promise<Ran> }> {
    const before = (await this.naru.client.deployments(this.#place))[0]?.number ?? 0
    const pushed = this.#push()
    let number = before
    await until(async () => {
      number = (await this.naru.client.deployments(this.#place))[0]?.number ?? 0
      return number > before
    }, 'a deployment to begin')
    return { number, pushed }
  }

  async #quiet(): Promise<void> {
    let open = ''
    await until(
      async () => {
        const deployments = await this.naru.client.deployments(this.#place)
        const builds = await this.naru.client.builds(this.repository.app)
        const left = [
          ...deployments.filter(({ status }) => !isOver(status)),
          ...builds.filter(({ status }) => status === 'queued' || status === 'running'),
        ]
        open = JSON.stringify(left)
        return left.length === 0
      },
      () => `deployments and builds to end: ${open}`,
      endsWithinMs,
    )
  }

  #aWhile(mostMs: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.random() * mostMs))
  }

  async #act(what: string, work: () => Promise<void>): Promise<void> {
    const act: Act = { what, from: Date.now(), to: null }
    this.done.push(act)
    await work()
    act.to = Date.now()
  }
}

/** Has a newer router of the same program take over; false where the running one knows no such thing. */
export async function handOver(naru: Naru): Promise<boolean> {
  try {
    await callRouter(`${naru.data}/router`, 'POST /hand-over', { body: {}, timeoutMs: 20_000 })
    return true
  } catch (error) {
    if (error instanceof CallRefused && error.status === 404) return false
    throw error
  }
}
