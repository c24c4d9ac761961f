import { sayDuration } from '../../../base/duration.ts'

/** When something was and how long it took. Seconds; `day` is a date as it is written, "2026-03-01". */
export const time = {
  /** A measured time, "1.9 s", "3 min". */
  duration: (seconds: number): string => sayDuration(seconds),
  secondsAgo: (count: number) => `${count} s ago`,
  minutesAgo: (count: number) => `${count} min ago`,
  hoursAgo: (count: number) => `${count} h ago`,
  onDay: (day: string) => `on ${day}`,
}
