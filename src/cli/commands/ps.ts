import type { Command } from 'commander'
import { sayBytes } from '../../base/size.ts'
import type { ApiClient } from '../../contract/client.ts'
import { ApiFailure } from '../../contract/failure.ts'
import type { InstanceView, UsageView } from '../../contract/shapes.ts'
import type { Words } from '../../contract/words/words.ts'
import type { Place } from '../../model/environment.ts'
import { releaseName } from '../../model/release.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

export function addPs(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.ps
  define(naru, {
    usage: 'ps',
    summary: say.summary,
    examples: ['naru ps'],
  }).action(async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const place = await placeOf(session, asked)
    const api = apiOf(session, asked)
    const [instances, usage] = await Promise.all([api.instances(place), usageOf(api, place)])
    if (asked.json) return out(JSON.stringify({ instances, usage }))
    out(instances.length === 0 ? say.none(place.app) : instanceTable(instances, words, usage))
  })
}

/** Nothing where an engine does not answer: which instances there are is known all the same. */
async function usageOf(api: ApiClient, place: Place): Promise<UsageView[]> {
  try {
    return await api.usage(place)
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 'engine.unavailable') return []
    throw error
  }
}

/** `usage`: of those that run; without it there are no columns for it. */
export function instanceTable(
  instances: readonly InstanceView[],
  words: Words,
  usage?: readonly UsageView[],
): string {
  const { commands, states } = words
  const used = (id: string): string[] =>
    usage === undefined ? [] : sayUsage(usage.find(({ instance }) => instance === id))
  const rows = instances.map(({ lastExit, ...instance }) => [
    instance.service,
    releaseName(instance.release),
    states.word(instance.health),
    instance.pid === null ? '-' : String(instance.pid),
    instance.address,
    ago(instance.startedAt, words),
    String(instance.restarts),
    ...used(instance.id),
    instance.reason === null
      ? lastExit === null
        ? ''
        : commands.ps.lastEnd(states.exit(lastExit), ago(lastExit.at, words))
      : states.reason(instance.reason),
  ])
  const { head, usageHead } = commands.ps
  return columns([...head, ...(usage === undefined ? [] : usageHead), ''], rows)
}

/** "0.12/0.5", "45 MB/256 MB", "12/512"; without a limit the use alone. */
function sayUsage(usage: UsageView | undefined): string[] {
  if (usage === undefined) return ['-', '-', '-']
  const { cpu, memoryBytes, processes, limits } = usage
  const of = (used: string, limit: string | null) => (limit === null ? used : `${used}/${limit}`)
  return [
    of(cpu.toFixed(2), limits.cpu === null ? null : String(limits.cpu)),
    of(sayBytes(memoryBytes), limits.memoryBytes === null ? null : sayBytes(limits.memoryBytes)),
    of(String(processes), limits.processes === null ? null : String(limits.processes)),
  ]
}
