import type { NaruEvent } from '../model/event.ts'
import { type EventFilter, listEvents } from '../store/events.ts'
import type { ApiParts } from './parts.ts'

type Following = {
  filter: Omit<EventFilter, 'after' | 'limit'>
  after: number
  /** Asked before each reading: whether nothing comes after what can be read then. */
  isOver?: () => Promise<boolean>
}

/**
 * The events after an id, those of the past and then each as it comes, none lost and none twice: all are read
 * from the log in the order of their ids, and what is told live only says that there is more to read.
 */
export async function* followEvents(
  { db, onEvent }: ApiParts['store'],
  { filter, after, isOver = async () => false }: Following,
  signal: AbortSignal,
): AsyncGenerator<NaruEvent> {
  const bell = new Bell()
  const stop = onEvent(() => bell.ring())
  const end = () => bell.ring()
  signal.addEventListener('abort', end)
  try {
    for (let last = after; !signal.aborted; ) {
      bell.silence()
      const over = await isOver()
      const page = await listEvents(db, { ...filter, after: last, limit: pageSize })
      for (const event of page) {
        yield event
        last = event.id
      }
      if (page.length === pageSize) continue
      if (over) return
      await bell.rung()
    }
  } finally {
    stop()
    signal.removeEventListener('abort', end)
  }
}

const pageSize = 200

/** Remembers that it rang until it is silenced. */
class Bell {
  #rang = false
  #wake: () => void = () => {}

  ring(): void {
    this.#rang = true
    this.#wake()
  }

  silence(): void {
    this.#rang = false
  }

  rung(): Promise<void> {
    if (this.#rang) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}
