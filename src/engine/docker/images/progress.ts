import type { ImageProgress } from '../../images.ts'
import {
  bytesOf,
  isSet,
  type Message,
  messagesOf,
  readMessage,
  textOf,
  timeOf,
} from './protobuf.ts'

/** Fields of BuildKit's StatusResponse and of what it holds. */
const status = { vertexes: 1, logs: 3 } as const
const vertex = { digest: 1, name: 3, cached: 4, started: 5, completed: 6, error: 7 } as const
const log = { vertex: 1, text: 4 } as const

type Step = { name: string; begun: boolean; over: boolean }

/** Makes of what BuildKit tells, piece by piece, what becomes of each instruction; each begins once and ends once. */
export class Progress {
  readonly #steps = new Map<string, Step>()

  /** `trace` is the `aux` of a line of `moby.buildkit.trace`. */
  read(trace: string): ImageProgress[] {
    const message = readMessage(Buffer.from(trace, 'base64'))
    return [
      ...messagesOf(message, status.vertexes).flatMap((it) => this.#vertex(it)),
      ...messagesOf(message, status.logs).flatMap((it) => this.#log(it)),
    ]
  }

  #vertex(told: Message): ImageProgress[] {
    const digest = textOf(told, vertex.digest)
    const step = this.#steps.get(digest) ?? {
      name: textOf(told, vertex.name),
      begun: false,
      over: false,
    }
    this.#steps.set(digest, step)
    const [started, completed] = [timeOf(told, vertex.started), timeOf(told, vertex.completed)]
    const events: ImageProgress[] = []
    if (started !== null && !step.begun && !isSet(told, vertex.cached)) {
      step.begun = true
      events.push({ is: 'begun', step: step.name })
    }
    if (completed === null || step.over) return events
    step.over = true
    const seconds = Math.max(0, completed - (started ?? completed)) / 1000
    const reason = textOf(told, vertex.error)
    const end = { step: step.name, seconds }
    events.push(
      reason === ''
        ? { is: 'done', ...end, cached: isSet(told, vertex.cached) }
        : { is: 'failed', ...end, reason },
    )
    return events
  }

  #log(told: Message): ImageProgress[] {
    const step = this.#steps.get(textOf(told, log.vertex))
    return step === undefined
      ? []
      : [{ is: 'output', step: step.name, chunk: bytesOf(told, log.text) }]
  }
}
