import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Route } from '../../src/model/route.ts'
import { createListener } from '../../src/route/builtin/plane/listener.ts'
import { LiveTable } from '../../src/route/builtin/plane/live-table.ts'
import { type Patience, usualPatience } from '../../src/route/builtin/plane/patience.ts'
import { Traffic } from '../../src/route/builtin/plane/traffic.ts'
import { Upstreams } from '../../src/route/builtin/plane/upstream.ts'

export type InProcess = {
  port: number
  server: Server
  traffic: Traffic
  upstreams: Upstreams
  /** Addresses that were taken out of rotation, in turn. */
  ejected: number[]
  apply(...routes: Route[]): void
  close(): Promise<void>
}

/** The part of the router that visitors reach, in this process, so that a test can say how patient it is. */
export async function inProcess(
  patience: Partial<Patience> = {},
  host = '127.0.0.1',
): Promise<InProcess> {
  const upstreams = new Upstreams()
  const table = new LiveTable(upstreams)
  const traffic = new Traffic()
  const ejected: number[] = []
  const onEjected = ({ address }: { address: { port: number } }) => void ejected.push(address.port)
  const server = createListener(table, { traffic, onEjected }, { ...usualPatience, ...patience })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  let number = 0
  return {
    ...{ port, server, traffic, upstreams, ejected },
    apply: (...routes) => table.swap({ number: ++number, routes }),
    close: async () => {
      table.swap({ number: ++number, routes: [] })
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
