import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Log } from '../../base/log.ts'
import { pause } from '../pause.ts'
import { type Daemon, refusalOf } from './daemon.ts'
import { filterOf } from './labels.ts'

export type ContainerEvent = { container: string; action: string }

/** Between two tries to hear a daemon that is not there. */
const againMs = 500

/**
 * Hears what happens to the containers of a server until the signal fires. `heard` comes with each; `connected` whenever
 * hearing begins, since what happened before was not heard; `lost` when it ends, `missed` when
 * it cannot begin.
 */
export async function hearEvents(
  { daemon, server, log }: { daemon: Daemon; server: string; log: Log },
  on: { connected(): void; heard(event: ContainerEvent): void; lost(): void; missed(): void },
  signal: AbortSignal,
): Promise<void> {
  let isTold = false
  let isHeard = false
  do {
    try {
      const filters = { ...filterOf(server), type: ['container'] }
      const stream = (await daemon.call((docker) =>
        docker.getEvents({ filters: JSON.stringify(filters), abortSignal: signal }),
      )) as Readable
      stream.on('error', () => {}) // Whoever reads it is told; nobody may be reading.
      isTold = false
      isHeard = true
      on.connected()
      for await (const line of createInterface({ input: stream })) {
        const event = eventOf(line)
        if (event !== null) on.heard(event)
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isTold) log.warn('the Docker Engine is not heard', { reason: refusalOf(error) })
      isTold = true
    }
    if (isHeard) on.lost()
    else on.missed()
    isHeard = false
  } while (await pause(againMs, signal))
}

function eventOf(line: string): ContainerEvent | null {
  if (line.trim() === '') return null
  const { Action, Actor } = JSON.parse(line) as { Action?: string; Actor?: { ID?: string } }
  return Action === undefined || Actor?.ID === undefined
    ? null
    : { action: Action, container: Actor.ID }
}

/** After these a container may be otherwise than before. */
export const changesIt = (action: string): boolean =>
  ['start', 'die', 'oom', 'destroy', 'pause', 'unpause'].includes(action)
