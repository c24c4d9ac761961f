import { placeKey } from '../../src/model/environment.ts'
import type { RouteTable } from '../../src/model/route.ts'
import type { Commits } from './commits.ts'
import type { Gateway } from './gateway.ts'
import { instancesIn } from './gateway.ts'
import type { Ledger } from './ledger.ts'
import type { Machine, Program } from './machine.ts'
import type { Surroundings } from './surroundings.ts'

type Watched = {
  machine: Machine
  gateway: Gateway
  ledger: Ledger
  commits: Commits
}

/** Looks at every change of the machine and of the router, and at what Naru promises about it. */
export function watchWorld(around: Surroundings, watched: Watched): void {
  const { machine, gateway } = watched
  machine.onStart = (program) => {
    notBesideAnother(around, watched, program)
  }
  machine.onStop = (program) => {
    if (gateway.isBehind || !gateway.isUp) return
    if (gateway.named().has(program.id))
      around.violate(`${program.id} is told to end while table ${gateway.table.number} names it`)
    else if (gateway.isReached(program.id))
      around.violate(`${program.id} is told to end before it was drained`)
  }
  gateway.onTable = (table) => {
    around.trace.line(`${around.agenda.nowMs} ${shown(table)}`)
    onlyHealthyOnes(around, watched, table)
    onlyWhatIsKnown(around, watched, table)
  }
}

/** An instance in the table was healthy, is not ended by Naru, and is of the service and release that the route says. */
function onlyHealthyOnes(around: Surroundings, { machine }: Watched, table: RouteTable): void {
  for (const { id, app, environment, service, release } of instancesIn(table)) {
    const program = machine.programs.get(id)
    if (program === undefined) {
      around.violate(`table ${table.number} names ${id}, which has ended`)
      continue
    }
    const { set } = program
    if (!program.wasHealthy)
      around.violate(`table ${table.number} names ${id}, which was never healthy`)
    if (program.stopping !== null)
      around.violate(`table ${table.number} names ${id}, which was told to end`)
    if (
      placeKey(set) !== placeKey({ app, environment }) ||
      set.service !== service ||
      set.release !== release
    )
      around.violate(`table ${table.number} names ${id} for ${service} v${release}`)
  }
}

/** A route's instances are of what is stable, or of the two releases of a deployment. */
function onlyWhatIsKnown(around: Surroundings, { ledger }: Watched, table: RouteTable): void {
  for (const { app, environment, host, backends } of table.routes) {
    const known = ledger.places.get(placeKey({ app, environment }))
    if (known === undefined) continue
    const began = [...known.deployments.values()].filter(({ status }) => status !== 'queued')
    for (const { release, instances } of backends) {
      if (instances.length === 0 || release === known.stable) continue
      if (!began.some((one) => one.release === release))
        around.violate(`${host} leads to v${release}, which was never deployed`)
    }
  }
}

/** Where it must not run beside another release, all of that has ended. */
function notBesideAnother(
  around: Surroundings,
  { machine, ledger, commits }: Watched,
  program: Program,
): void {
  const exclusive = ({ commit }: Program) => commits.of(commit).spec.includes('overlap: none')
  const others = machine
    .ofPlace(program.set)
    .filter(({ isUp, set }) => isUp && set.release !== program.set.release)
  const same = others.filter(({ set, routed }) => set.service === program.set.service && !routed)
  for (const other of same)
    if (!program.routed && (exclusive(program) || exclusive(other)))
      around.violate(`${program.id} starts while ${other.id} runs, and they must not overlap`)
  const running = ledger.running(program.set)
  if (running?.strategy !== 'recreate') return
  const [routed] = others.filter((other) => other.routed)
  const isPair = (one: Program, two: Program | undefined) =>
    one.set.release === running.release && two?.set.release === running.from
  if (program.routed && (isPair(program, routed) || (routed && isPair(routed, program))))
    around.violate(`${program.id} starts while ${routed?.id} runs, though one replaces the other`)
}

const shown = (table: RouteTable): string =>
  `table ${table.number}: ${instancesIn(table)
    .map(({ id, app, environment }) => `${app}/${environment}/${id}`)
    .join(' ')}`
