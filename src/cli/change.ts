import type { Command } from 'commander'
import { type Change, followingMs } from '../contract/client.ts'
import { placeOf } from './app-name.ts'
import { answerOf, finish } from './finish.ts'
import { elsewhere } from './follow.ts'
import { apiOf, type Session, shared } from './session.ts'
import { wordsOf } from './speech.ts'
import { printable } from './terminal.ts'

export type ChangeOptions = { deploy: boolean; detach?: boolean }

export function withChangeOptions(command: Command): Command {
  const { options } = wordsOf(command).commandLine
  return command.option('--no-deploy', options.noDeploy).option('--detach', options.detach)
}

/** Changes settings or secrets and follows the deployment that comes of it. */
export async function change(
  session: Session,
  command: Command,
  what: 'changeSettings' | 'changeSecrets',
  wanted: Omit<Change, 'deploy'>,
  { deploy, detach = false }: ChangeOptions,
): Promise<void> {
  const asked = shared(command, session)
  const { terminal, words } = session
  const place = await placeOf(session, asked)
  const api = apiOf(session, asked, { patienceMs: followingMs })
  const { deployment } = await api[what](place, { ...wanted, deploy })
  const names = [...Object.keys(wanted.set ?? {}), ...(wanted.unset ?? [])].join(', ')
  if (deployment !== null) {
    if (!asked.json) terminal.err(words.following.releasedWith(printable(names)))
    return finish({ api, place, terminal, words }, deployment, { json: asked.json, detach })
  }
  if (asked.json) return terminal.out(answerOf({}))
  terminal.out(words.following.kept(names, place.app, elsewhere(place), deploy))
}
