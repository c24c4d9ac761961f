import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { until } from '../../../test/support/naru.ts'
import type { Orders, Said, Summary, Word } from './traffic-shape.ts'

type Of<Kind extends Said['kind']> = Extract<Said, { kind: Kind }>

/** The visitors, in a process of their own, so that nothing that is done here holds them up. */
export class Traffic {
  readonly failures: Of<'failure'>[] = []
  readonly streams: Of<'stream'>[] = []
  readonly down: Of<'down'>[] = []
  requests = 0
  #summary: Summary | null = null
  #problem = ''
  readonly #ended: Promise<number | null>

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      this.#take(JSON.parse(line) as Said),
    )
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#problem += chunk.toString()
    })
    this.#ended = new Promise((resolve) => child.once('close', resolve))
  }

  /** Begins at once. `folder`: where its program may be put. */
  static async start(folder: string, orders: Orders): Promise<Traffic> {
    const program = join(folder, 'client.mjs')
    await build({
      entryPoints: ['bench/support/lossless/client.ts'],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      // What `ws` asks Node for, it asks with `require`.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
      },
    })
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.on('error', () => {}) // It has ended, which `stop` tells.
    child.stdin.write(`${JSON.stringify(orders)}\n`)
    const traffic = new Traffic(child)
    await until(
      () => traffic.requests > 0 || child.exitCode !== null,
      () => `the first requests: ${traffic.#problem}`,
    )
    return traffic
  }

  /** Under which name times are counted from now on. */
  phase(phase: string): void {
    this.#tell({ phase })
  }

  /** Throws when they have ended unasked. */
  mustLive(): void {
    if (this.child.exitCode === null && this.child.signalCode === null) return
    throw new Error(`the visitors ended by themselves:\n${this.#problem}`)
  }

  /** Lets what is under way come to its end. Rejects when the visitors themselves failed. */
  async stop(): Promise<Summary> {
    this.#tell({ stop: true })
    const code = await this.#ended
    if (this.#summary === null)
      throw new Error(`the visitors ended with ${code} and no summary:\n${this.#problem}`)
    return this.#summary
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  #tell(word: Word): void {
    this.child.stdin?.write(`${JSON.stringify(word)}\n`)
  }

  #take(said: Said): void {
    if (said.kind === 'failure') this.failures.push(said)
    else if (said.kind === 'stream') this.streams.push(said)
    else if (said.kind === 'down') this.down.push(said)
    else if (said.kind === 'summary') this.#summary = said
    this.requests = 'requests' in said ? said.requests : this.requests
  }
}
