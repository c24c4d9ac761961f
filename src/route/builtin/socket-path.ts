import { mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The longest path that every Unix takes for a socket. */
const longest = 100
const shortened = new Map<string, string>()

/** The name that always leads to the router that serves. */
export const controlName = 'control.sock'

/** Each router's own socket, under which it can be asked after it has handed over too. */
export const ownName = (pid: number): string => `router-${pid}.sock`

/** Process id of the router whose own socket has this name; null if it is another name. */
export function pidOfName(name: string): number | null {
  const match = /^router-(\d+)\.sock$/.exec(name)
  return match ? Number(match[1]) : null
}

/** Path of a socket in `folder`; where that is too long for a socket, a short one that leads to the same file. */
export function socketPath(folder: string, name = controlName): string {
  const path = join(folder, name)
  if (Buffer.byteLength(path) <= longest) return path
  const shorten = process.platform === 'linux' ? throughDescriptor : throughLink
  const short = shortened.get(folder) ?? shorten(folder)
  shortened.set(folder, short)
  return join(short, name)
}

/** The folder stays open for as long as this process lives. */
const throughDescriptor = (folder: string): string => `/proc/self/fd/${openSync(folder, 'r')}`

/** For systems without `/proc`: a link in a folder that only this user can enter, gone with this process. */
export function throughLink(folder: string): string {
  const own = mkdtempSync(join(tmpdir(), 'naru-'))
  process.once('exit', () => rmSync(own, { recursive: true, force: true }))
  const link = join(own, 'f')
  symlinkSync(folder, link)
  return link
}
