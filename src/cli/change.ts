import type { Command } from 'commander'
import { type Change, followingMs } from '../contract/client.ts'
import { placeOf } from './app-name.ts'
import { finish } from './finish.ts'
import { apiOf, type Session, shared } from './session.ts'

export type ChangeOptions = { deploy: boolean; detach?: boolean }

export const withChangeOptions = (command: Command): Command =>
  command.option('--no-deploy', 'keep it for the next release').option('--detach', 'return at once')

/** Changes settings or secrets and follows the deployment that comes of it. */
export async function change(
  session: Session,
  command: Command,
  what: 'changeSettings' | 'changeSecrets',
  wanted: Omit<Change, 'deploy'>,
  { deploy, detach = false }: ChangeOptions,
): Promise<void> {
  const asked = shared(command, session)
  const { terminal } = session
  const place = await placeOf(session, asked)
  const api = apiOf(session, asked, { patienceMs: followingMs })
  const { deployment } = await api[what](place, { ...wanted, deploy })
  if (deployment !== null) {
    const answer = (ended: unknown) => ({ deployment: ended })
    return finish({ api, place, terminal }, deployment, { json: asked.json, detach, answer })
  }
  if (asked.json) return terminal.out(JSON.stringify({ deployment }))
  const names = [...Object.keys(wanted.set ?? {}), ...(wanted.unset ?? [])].join(', ')
  const when = deploy
    ? `the first release of ${place.app} will have it`
    : 'the next release will have it'
  terminal.out(`${names}: kept; ${when}`)
}
