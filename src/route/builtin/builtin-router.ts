import { chmod, mkdir } from 'node:fs/promises'
import { Agent } from 'node:http'
import { resolve } from 'node:path'
import { NaruError } from '../../base/error.ts'
import type { InstanceId } from '../../model/instance.ts'
import type { RouteTable } from '../../model/route.ts'
import type { Applied, Drained, Router, RouteTraffic } from '../router.ts'
import { CallRefused, callRouter } from './control-client.ts'
import { Keeper, type KeeperOptions } from './keeper.ts'
import { type Answers, type Call, handedOverStatus } from './protocol.ts'

export type BuiltinRouterOptions = KeeperOptions

export type BuiltinRouter = Router & {
  /** Process id of the data plane. */
  readonly pid: number
  /** Whether it runs another program than it was to: the newer one did not come up, and the older one serves on. */
  readonly isOlder: boolean
  /**
   * Has the data plane hand over to a newer process of `program`, by itself where that is left out, without a connection
   * lost; what the older one has in flight lives on there. Rejects with `router.down` when the newer one does not come
   * up; then the older one serves on.
   */
  handOver(program?: string): Promise<void>
  /** Stops watching the process and leaves it serving. */
  close(): Promise<void>
  /** Ends the process once what is in flight was answered, at the latest after 10 s. */
  shutdown(): Promise<void>
}

const shutdownGraceSeconds = 10
const callTimeoutMs = 5_000
/** How long a call waits for a router that is being started again. */
const giveUpAfterMs = 10_000

/**
 * The router that Naru brings along: adopts the process that serves `folder`, or starts one at `http`, and keeps it
 * running. Throws `server.port-taken`, `server.start-failed` or `data.unwritable`.
 */
export async function builtinRouter(options: BuiltinRouterOptions): Promise<BuiltinRouter> {
  const folder = resolve(options.folder)
  await ownFolder(folder)
  const keeper = new Keeper({ ...options, folder, program: resolve(options.program) })
  await keeper.start()
  return new ControlledRouter(folder, keeper)
}

/** Ends the router that serves `folder`, wherever it listens, if there is one; as gently as `shutdown`. */
export async function endBuiltinRouter(options: BuiltinRouterOptions): Promise<void> {
  const keeper = new Keeper({ ...options, folder: resolve(options.folder) })
  await keeper.adoptAny()
  await keeper.end(shutdownGraceSeconds)
}

class ControlledRouter implements BuiltinRouter {
  #kept = keptConnections()

  constructor(
    private readonly folder: string,
    private readonly keeper: Keeper,
  ) {}

  get pid(): number {
    return this.keeper.pid
  }

  get isOlder(): boolean {
    return this.keeper.isOlder
  }

  apply(table: RouteTable): Promise<Applied> {
    return this.#ask('PUT /table', () => ({ body: table, timeoutMs: callTimeoutMs }))
  }

  async served(): Promise<number> {
    return (await this.#ask('GET /identity', () => ({ timeoutMs: callTimeoutMs }))).served
  }

  traffic(): Promise<RouteTraffic[]> {
    return this.#ask('GET /traffic', () => ({ timeoutMs: callTimeoutMs }))
  }

  /** A router that dies meanwhile has nothing in flight: the next one is asked for the rest of the time. */
  drain(instance: InstanceId, graceSeconds: number): Promise<Drained> {
    const until = performance.now() + graceSeconds * 1000
    return this.#ask('POST /drain', () => {
      const leftMs = Math.max(0, until - performance.now())
      return {
        body: { instance, graceSeconds: leftMs / 1000 },
        timeoutMs: Math.min(leftMs + callTimeoutMs, 2 ** 31 - 1),
      }
    })
  }

  watch(listener: () => void): () => void {
    return this.keeper.watch(listener)
  }

  async handOver(program?: string): Promise<void> {
    try {
      await this.keeper.handOver(program && resolve(program))
    } catch (error) {
      throw routerDown(error)
    }
  }

  async close(): Promise<void> {
    this.keeper.letGo()
  }

  shutdown(): Promise<void> {
    return this.keeper.end(shutdownGraceSeconds)
  }

  /** Asks, and asks again once the router is back if it was gone. Every call may be made twice. */
  async #ask<C extends Call>(
    call: C,
    options: () => { body?: unknown; timeoutMs: number },
  ): Promise<Answers[C]> {
    let failingSince: number | null = null
    for (;;) {
      try {
        await within(giveUpAfterMs, this.keeper.up())
        return await callRouter(this.folder, call, { ...options(), kept: this.#kept })
      } catch (error) {
        failingSince ??= performance.now()
        // It has just handed over: the newer one is asked.
        const isElder = error instanceof CallRefused && error.status === handedOverStatus
        if (isElder && performance.now() - failingSince < giveUpAfterMs) {
          this.#kept = keptConnections()
          continue
        }
        if (error instanceof CallRefused) throw this.#problemOf(error)
        if (this.keeper.isLetGo || performance.now() - failingSince > giveUpAfterMs)
          throw routerDown(error)
        this.keeper.suspect()
      }
    }
  }

  #problemOf({ status, refusal }: CallRefused): NaruError {
    if (refusal.issues) return new NaruError('table.invalid', { issues: refusal.issues })
    if (status === 507 && refusal.reason.includes('ENOSPC'))
      return new NaruError('data.full', { folder: this.folder })
    return new NaruError('router.down', { reason: refusal.reason })
  }
}

/** An idle one keeps no process alive, and the router closes it soon. */
const keptConnections = () => new Agent({ keepAlive: true })

async function ownFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
  } catch (error) {
    throw new NaruError('data.unwritable', { folder, reason: String(error) }, { cause: error })
  }
}

const routerDown = (error: unknown): NaruError =>
  new NaruError(
    'router.down',
    { reason: error instanceof Error ? error.message : String(error) },
    { cause: error },
  )

function within(ms: number, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it is being started again')), Math.max(0, ms))
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
