import { NaruError } from '../base/error.ts'
import { isReserved, isVariable } from '../model/name.ts'

/** Settings and secrets alike: a change of variables in an app's environment. */
export type VariableChange = { set: Record<string, string>; unset: string[] }

/** Bytes in a value at most. */
const valueLimitBytes = 64 * 1024

/** Throws `value.invalid` for the first name or value that no program could be given. Never says a value. */
export function checkVariables(what: 'setting' | 'secret', { set, unset }: VariableChange): void {
  for (const name of [...Object.keys(set), ...unset]) {
    const reason = wrongWithName(name)
    if (reason !== undefined) throw refused(what, name, reason)
  }
  for (const [name, value] of Object.entries(set)) {
    const reason = unset.includes(name) ? 'it is both set and unset' : wrongWithValue(value)
    if (reason !== undefined) throw refused(what, name, reason)
  }
}

function wrongWithName(name: string): string | undefined {
  if (!isVariable(name)) {
    return 'its name may have up to 128 letters, digits and _, and may not start with a digit'
  }
  return isReserved(name) ? `Naru gives ${name} to every instance itself` : undefined
}

function wrongWithValue(value: string): string | undefined {
  if (value.includes('\0')) return 'it contains the character NUL'
  if (/\p{Surrogate}/u.test(value)) return 'it contains half of a character'
  if (Buffer.byteLength(value) > valueLimitBytes)
    return `it is larger than ${valueLimitBytes / 1024} KiB`
  return undefined
}

/** Whoever writes NAME=VALUE where a name belongs has written a value. */
const refused = (what: string, name: string, reason: string): NaruError =>
  new NaruError('value.invalid', {
    what,
    name: (name.split('=', 1)[0] ?? '').slice(0, 128),
    reason,
  })
