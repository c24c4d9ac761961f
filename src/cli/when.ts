import type { Words } from '../contract/words/words.ts'

/** "3 s ago", "5 min ago", "2 h ago", then the day in the local zone: when something was, seen from now. */
export function ago(at: string, { time }: Words, now: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000))
  if (seconds < 90) return time.secondsAgo(seconds)
  if (seconds < 90 * 60) return time.minutesAgo(Math.round(seconds / 60))
  if (seconds < 36 * 3600) return time.hoursAgo(Math.round(seconds / 3600))
  return time.onDay(dayOf(at))
}

export const secondsBetween = (from: string, to: string): number =>
  Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)

/** "2026-03-01", the day in the zone of whoever reads (TZ). */
export function dayOf(at: string): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** "14:03:22+09:00": the time of day in the zone of whoever reads (TZ), with how far that is from UTC. */
export function clockOf(at: string): string {
  const date = new Date(at)
  return `${timeOf(date)}${offsetOf(date)}`
}

/** The same to the millisecond, "14:03:22.123+09:00". */
export function preciseClockOf(at: string): string {
  const date = new Date(at)
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0')
  return `${timeOf(date)}.${milliseconds}${offsetOf(date)}`
}

/** The precise time of day, with the day before it unless that is today. */
export function stampOf(at: string, now: number = Date.now()): string {
  const day = dayOf(at)
  const isToday = day === dayOf(new Date(now).toISOString())
  return `${isToday ? '' : `${day} `}${preciseClockOf(at)}`
}

const timeOf = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`

/** Of that moment, since it changes with the seasons. */
function offsetOf(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  const far = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(far / 60))}:${two(far % 60)}`
}

const two = (count: number): string => String(count).padStart(2, '0')
