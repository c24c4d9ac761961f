import type { Words } from '../words.ts'
import { sayDuration } from './grammar.ts'

export const time: Words['time'] = {
  duration: sayDuration,
  secondsAgo: (count) => `${count}초 전`,
  minutesAgo: (count) => `${count}분 전`,
  hoursAgo: (count) => `${count}시간 전`,
  onDay: (day) => day,
}
