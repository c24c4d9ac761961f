import { createServer } from 'node:net'
import { NaruError } from '../../base/error.ts'
import type { Log } from '../../base/log.ts'
import { listeningPorts } from '../../base/processes.ts'
import type { InstanceId } from '../../model/instance.ts'

/** Which instance has which port, remembered across restarts of the server. */
export interface PortBook {
  held(): Promise<Map<number, InstanceId>>
  /** False if the port is held already, by whomever. */
  hold(port: number, instance: InstanceId): Promise<boolean>
  /** Every port of the instance; fine if it has none. */
  release(instance: InstanceId): Promise<void>
}

/** Ports that instances get. Below the ephemeral ports (32768 on Linux), so that no outgoing connection takes one. */
export const portRange = { from: 20_000, to: 29_999 } as const

/**
 * Holds a port for the instance that nobody holds and nobody listens on. Begins anywhere in the range, so that
 * a port which was just freed is not given out again at once. Throws `engine.no-port` when all are taken.
 */
export async function holdPort(book: PortBook, instance: InstanceId): Promise<number> {
  const held = await book.held()
  const size = portRange.to - portRange.from + 1
  const start = Math.floor(Math.random() * size)
  for (let step = 0; step < size; step += 1) {
    const port = portRange.from + ((start + step) % size)
    if (held.has(port) || !(await isFree(port))) continue
    if (await book.hold(port, instance)) return port
  }
  throw new NaruError('engine.no-port', portRange)
}

/** Makes the book say what the instances say: they are what runs. */
export async function settlePorts(
  book: PortBook,
  instances: readonly { id: InstanceId; port: number }[],
  log: Log,
): Promise<void> {
  const held = await book.held()
  const ids = new Set(instances.map(({ id }) => id))
  for (const holder of new Set(held.values())) if (!ids.has(holder)) await book.release(holder)
  for (const { id, port } of instances) {
    if (held.get(port) === id || (await book.hold(port, id))) continue
    log.warn('two instances have one port', { port, instance: id })
  }
}

/** Whether no program listens on the port, on any address, and one could on 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  return (await canListen(port)) && !(await listeningPorts()).has(port)
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => resolve(true)),
    )
  })
}
