import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import type { EngineState, EnginesView } from '../../contract/engine-shapes.ts'
import type { Words } from '../../contract/words/words.ts'
import { type EngineName, isEngineName } from '../../model/engine.ts'
import { placeOf } from '../app-name.ts'
import { define, defineGroup } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'
import { ago } from '../when.ts'

/** What an environment is told to have that shall have what the server has. */
const asServer = 'default'

export function addEngine(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.engine
  const show = async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const view = await apiOf(session, asked).engines()
    session.terminal.out(asked.json ? JSON.stringify(view) : table(view, words))
  }
  const examples = ['naru engine', 'naru engine set docker', 'naru engine set process --server']
  const engine = defineGroup(naru, { usage: 'engine', summary: say.summary, examples }, show)
  define(engine, {
    usage: 'set <engine>',
    summary: say.set.summary,
    examples: ['naru engine set docker --env staging', 'naru engine set docker --server'],
  })
    .option('--server', say.set.server)
    .action(async (text: string, { server = false }: { server?: boolean }, command: Command) => {
      const asked = shared(command, session)
      const { out } = session.terminal
      const api = apiOf(session, asked)
      const chosen = readEngine(text, server)
      if (server && chosen !== null) {
        const view = await api.chooseServerEngine(chosen)
        return out(asked.json ? JSON.stringify(view) : say.set.ofServer(chosen))
      }
      const place = await placeOf(session, asked)
      const view = await api.chooseEngine(place, chosen)
      if (asked.json) return out(JSON.stringify(view))
      out(say.set.ofPlace(chosen ?? view.choice.engine, place.app, place.environment))
    })
}

/** Null: the server's. */
function readEngine(text: string, server: boolean): EngineName | null {
  if (isEngineName(text)) return text
  if (text === asServer && !server) return null
  throw new NaruError('argument.invalid', { kind: 'engine', text })
}

function table({ choice, engines, environments }: EnginesView, words: Words): string {
  const say = words.commands.engine
  const rows = engines.map((engine) => [engine.name, stateOf(engine, words)])
  const chosen = [
    [say.everywhere, choice.engine, say.why(choice.why, ago(choice.at, words))],
    ...environments.map(({ app, environment, engine }) => [
      `${app} (${environment})`,
      engine,
      say.bySet,
    ]),
  ]
  return `${columns(say.head, rows)}\n\n${columns(say.chosenHead, chosen)}`
}

function stateOf({ name, version, away, exposed }: EngineState, words: Words): string {
  const say = words.commands.engine.state
  if (away !== null) return say.away(words.states.reason(away))
  const there = version === null ? say.there : say.answers(version)
  return name === 'docker' && exposed !== null ? `${there}; ${say.exposed(exposed)}` : there
}
