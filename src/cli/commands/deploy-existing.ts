import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { followingMs } from '../../contract/client.ts'
import type { DeployRequest } from '../../contract/shapes.ts'
import { placeOf } from '../app-name.ts'
import { finish } from '../finish.ts'
import { readBuild } from '../kinds.ts'
import { apiOf, type Session, shared } from '../session.ts'

/** Options of `naru deploy` that name something that was built before. */
export type ExistingOptions = { build?: string; again?: boolean; detach?: boolean }

/** For `naru deploy`: adds `--build` and `--again`; where one is given, `deployExisting` does the rest. */
export const withExistingOptions = (command: Command, { words }: Session): Command =>
  command
    .option('--build <number>', words.commands.deployExisting.build)
    .option('--again', words.commands.deployExisting.again)

/** Whether the options ask for what was built before. `usage.invalid` where they, and `named`, ask for two things. */
export function asksForExisting(
  { build, again = false }: ExistingOptions,
  named: string | undefined,
  { words }: Session,
): boolean {
  const wishes = [build !== undefined, again, named !== undefined].filter(Boolean)
  if (wishes.length > 1) {
    const what = words.commands.deployExisting.notBoth
    throw new NaruError('usage.invalid', { what, expected: 'naru deploy --help' })
  }
  return build !== undefined || again
}

/** Deploys what a build made, or what was deployed last, and follows that to its end. */
export async function deployExisting(
  session: Session,
  command: Command,
  { build, detach = false }: ExistingOptions,
): Promise<void> {
  const asked = shared(command, session)
  const wish: DeployRequest = build === undefined ? { again: true } : { build: readBuild(build) }
  const place = await placeOf(session, asked)
  const api = apiOf(session, asked, { patienceMs: followingMs })
  const started = await api.deploy(place, wish)
  const { terminal, words } = session
  await finish({ api, place, terminal, words }, started, { json: asked.json, detach })
}
