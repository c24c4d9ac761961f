import { sayDuration } from '../../../base/duration.ts'

/** "a, b and c"; of more than eight the first seven and how many there are besides. */
export function listed(names: readonly string[]): string {
  const shown = names.length > 8 ? [...names.slice(0, 7), `${names.length - 7} more`] : names
  if (shown.length < 2) return shown.join('')
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

/** "1 restart", "2 restarts". */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`

/** "an app", "a secret". */
export const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`

/** A number of seconds that somebody wrote down, "30 s"; a measured one is `sayDuration`. */
export const whole = (seconds: number): string =>
  Number.isInteger(seconds) ? `${seconds} s` : sayDuration(seconds)
