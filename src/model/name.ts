import { NaruError } from '../base/error.ts'

/** Apps, environments and services: a DNS label, so that each can be part of a host name. */
const label = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/
/** Settings and secrets: what every shell and every language reads from its environment. */
const variable = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

export const isLabel = (name: string): boolean => label.test(name)
export const isVariable = (name: string): boolean => variable.test(name)

/** The name back, or `name.invalid` naming what it was for, "app", "service". */
export function checkedLabel(what: string, name: string): string {
  if (!isLabel(name)) throw new NaruError('name.invalid', { what, name })
  return name
}
