import { sayBytes as sizeOf } from '../../../base/size.ts'
import type { Exit } from '../../../model/instance.ts'

/** "a, b, c"; of more than eight the first seven and how many there are besides. */
export const listed = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 7).join(', ')} 외 ${names.length - 7}개` : names.join(', ')

/** "512바이트", "1.5 MB". */
export const sayBytes = (bytes: number): string => sizeOf(bytes).replace(/ bytes$/, '바이트')

/** A measured time, "1.9초", "42초", "3분". */
export function sayDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}초`
  if (seconds < 120) return `${Math.round(seconds)}초`
  return `${Math.round(seconds / 60)}분`
}

/** A number of seconds that somebody wrote down, "30초". */
export const whole = (seconds: number): string =>
  Number.isInteger(seconds) ? `${seconds}초` : sayDuration(seconds)

/** "종료 코드 1", "SIGKILL": how a program ended. */
export function sayExit(exit: Omit<Exit, 'at'> | null): string {
  if (exit === null) return '알 수 없는 종료'
  if (exit.outOfMemory !== undefined) {
    const { limitBytes } = exit.outOfMemory
    return limitBytes === null ? '메모리 부족' : `메모리 부족(한도 ${sayBytes(limitBytes)})`
  }
  return exit.signal ?? (exit.code === null ? '알 수 없는 종료 코드' : `종료 코드 ${exit.code}`)
}
