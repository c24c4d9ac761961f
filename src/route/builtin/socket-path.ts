import { openSync } from 'node:fs'
import { join } from 'node:path'

/** The longest path that every Unix takes for a socket. */
const longest = 100
const folders = new Map<string, number>()

/**
 * Path of the control socket in `folder`. Where that is too long for a socket, a short one for the same file
 * through a descriptor of the folder, which stays open.
 */
export function socketPath(folder: string): string {
  const path = join(folder, 'control.sock')
  if (Buffer.byteLength(path) <= longest) return path
  const descriptor = folders.get(folder) ?? openSync(folder, 'r')
  folders.set(folder, descriptor)
  return `/proc/self/fd/${descriptor}/control.sock`
}
