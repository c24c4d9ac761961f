import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { followingMs } from '../../contract/client.ts'
import { checkedLabel } from '../../model/name.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { answerShape, finish } from '../finish.ts'
import { apiOf, type Session, shared } from '../session.ts'

type Options = { to?: string; detach?: boolean }

export function addPromote(naru: Command, session: Session): void {
  const { words, terminal } = session
  const say = words.commands.promote
  define(naru, {
    usage: 'promote <environment>',
    summary: say.summary,
    examples: ['naru promote staging', 'naru promote staging --to production'],
    answers: answerShape,
  })
    .option('--to <environment>', say.to)
    .option('--detach', say.detach)
    .action(async (from: string, { to, detach = false }: Options, command: Command) => {
      const asked = shared(command, session)
      const env = to === undefined ? asked.env : checkedLabel('environment', to)
      const place = await placeOf(session, { ...asked, env })
      const api = apiOf(session, asked, { patienceMs: followingMs })
      const wish = { promote: checkedLabel('environment', from) }
      if (from === env && asked.isEnvVariable && to === undefined) {
        throw new NaruError('promotion.same', { ...place, variable: true })
      }
      const started = await api.deploy(place, wish)
      await finish({ api, place, terminal, words }, started, { json: asked.json, detach })
    })
}
