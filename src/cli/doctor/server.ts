import { version } from '../../base/version.ts'
import { type BoundName, type DoctorFinding, finding } from '../../contract/doctor.ts'
import type { Addresses } from '../addresses.ts'
import type { runningServer } from '../running-server.ts'
import { lookAtPort, lookAtResolver } from './machine.ts'

type Running = Awaited<ReturnType<typeof runningServer>>

/** What of the server can be seen from here; the addresses are those that the next `naru up` would take. */
export async function lookAtServer(
  running: Running,
  addresses: Addresses,
): Promise<DoctorFinding[]> {
  const ours = running !== null
  const { info } = running ?? {}
  const api = info?.api ?? `http://${addresses.api}`
  const facts = { running: ours, api, version: info?.version ?? '', own: version }
  const state = !ours ? 'note' : facts.version === version ? 'good' : 'warning'
  return [
    finding('server', state, facts),
    await lookAtPort('--http', addresses.http, ours),
    await lookAtPort('--api', addresses.api, ours),
    await lookAtResolver(addresses.domain, info?.http ?? `http://${addresses.http}`),
    ...(await lookAtBounds(running)),
  ]
}

/** Only the server knows what it may use and uses. */
async function lookAtBounds(running: Running): Promise<DoctorFinding[]> {
  if (running === null) return [finding('bounds', 'note', { known: false })]
  return (await running.api.bounds()).map(({ what, used, limit, unit }) => {
    const near = limit !== null && used > limit
    return finding('bound', near ? 'warning' : 'good', {
      what: what as BoundName,
      used,
      limit,
      unit,
    })
  })
}
