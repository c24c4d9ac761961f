import type { Command } from 'commander'
import type { InstanceView } from '../../contract/shapes.ts'
import { sayExit } from '../../model/instance.ts'
import { releaseName } from '../../model/release.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

export function addPs(naru: Command, session: Session): void {
  define(naru, {
    usage: 'ps',
    summary: 'the running instances of an app',
    examples: ['naru ps'],
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const instances = await apiOf(session, asked).instances(place)
    if (asked.json) return out(JSON.stringify({ instances }))
    out(instances.length === 0 ? `${place.app} has no instances` : instanceTable(instances))
  })
}

export function instanceTable(instances: readonly InstanceView[]): string {
  const rows = instances.map((instance) => [
    instance.service,
    releaseName(instance.release),
    instance.health,
    instance.pid === null ? '-' : String(instance.pid),
    instance.address,
    ago(instance.startedAt),
    String(instance.restarts),
    instance.reason ??
      (instance.lastExit === null
        ? ''
        : `last end: ${sayExit(instance.lastExit)} ${ago(instance.lastExit.at)}`),
  ])
  return columns(
    ['service', 'release', 'health', 'pid', 'address', 'started', 'restarts', ''],
    rows,
  )
}
