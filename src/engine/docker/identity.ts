import type { InstanceId } from '../../model/instance.ts'
import type { SetId } from '../../model/set.ts'
import { type InstanceLabel, instanceLabelOf, label, setOf } from './labels.ts'

/** What the labels of its container say. */
export type InstanceIdentity = {
  id: InstanceId
  container: string
  set: SetId
  kept: InstanceLabel
}

/** Null for what a newer Naru made, or somebody else. */
export function identityOf(
  container: string,
  labels: Record<string, string>,
): InstanceIdentity | null {
  const [id, set, kept] = [labels[label.id], setOf(labels), instanceLabelOf(labels)]
  return id === undefined || set === null || kept === null ? null : { id, container, set, kept }
}
