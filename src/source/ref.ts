import { NaruError } from '../base/error.ts'
import type { RefCommand } from './proc-receive.ts'

/** The commit that a push asks to deploy; `push.*` for one that asks for anything but one branch. Which one deploys is the server's to know. */
export function judgePush(commands: readonly RefCommand[]): { commit: string; ref: string } {
  const [command, ...others] = commands
  if (!command || others.length > 0) throw new NaruError('push.several', {})
  const { ref, new: commit } = command
  if (/^0+$/.test(commit)) throw new NaruError('push.deletion', { ref })
  const tag = after('refs/tags/', ref)
  if (tag !== undefined) throw new NaruError('push.tag', { tag })
  if (after('refs/heads/', ref) === undefined) throw new NaruError('push.not-a-branch', { ref })
  return { commit, ref }
}

function after(prefix: string, ref: string): string | undefined {
  return ref.startsWith(prefix) ? ref.slice(prefix.length) : undefined
}
