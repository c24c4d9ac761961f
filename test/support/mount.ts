import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** A disk of its own at the folder, for which one must be root. Returns how to take it away again. */
export function mountTmpfs(folder: string, options: string): () => void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, '--', 'none', folder])
  return () => {
    execFileSync('umount', ['--', folder])
  }
}

/** Makes a folder one that can be read and not written, for which one must be root. Returns how to undo it. */
export function mountReadOnly(folder: string): () => void {
  execFileSync('mount', ['--bind', '--', folder, folder])
  execFileSync('mount', ['-o', 'remount,bind,ro', '--', folder])
  return () => {
    execFileSync('umount', ['-l', '--', folder])
  }
}
