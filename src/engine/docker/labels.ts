import type { SetId } from '../../model/set.ts'
import type { HealthSpec, StopSignal } from '../../model/spec.ts'

/** Everything that Naru makes in a Docker Engine says so, and for which server. */
export const label = {
  server: 'naru.server',
  kind: 'naru.kind',
  app: 'naru.app',
  environment: 'naru.environment',
  service: 'naru.service',
  release: 'naru.release',
  id: 'naru.id',
  /** What another server must know to look after an instance: no setting and no secret. */
  instance: 'naru.instance',
  /** Which run of which job. */
  job: 'naru.job',
} as const

/** What a container is for. A step is a build's. */
export type ContainerKind = 'instance' | 'job' | 'command' | 'step'

/** What is kept with an instance, in its label. */
export type InstanceLabel = {
  version: 1
  routed: boolean
  host: string
  port: number
  health: HealthSpec
  stop: { signal: StopSignal; graceSeconds: number }
}

export type Labels = Readonly<Record<string, string>>

export const labelsOfServer = (server: string): Record<string, string> => ({
  [label.server]: server,
})

/** Of a set; what is no number or name of ours makes null: somebody else wrote it. */
export function setOf(labels: Labels): SetId | null {
  const [app, environment, service] = [label.app, label.environment, label.service].map(
    (name) => labels[name],
  )
  const release = Number(labels[label.release])
  if (!app || !environment || !service || !Number.isSafeInteger(release)) return null
  return { app, environment, service, release }
}

/** Null where a newer Naru wrote it, or nobody. */
export function instanceLabelOf(labels: Labels): InstanceLabel | null {
  try {
    const found = JSON.parse(labels[label.instance] ?? 'null') as InstanceLabel | null
    return found?.version === 1 ? found : null
  } catch {
    return null // Somebody else wrote it.
  }
}

/** As the daemon filters by them. */
export const filterOf = (server: string, more: Readonly<Record<string, string>> = {}) => ({
  label: Object.entries({ ...labelsOfServer(server), ...more }).map(
    ([name, value]) => `${name}=${value}`,
  ),
})
