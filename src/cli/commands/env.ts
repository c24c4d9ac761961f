import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import type { EnvironmentView } from '../../contract/shapes.ts'
import { checkedLabel } from '../../model/name.ts'
import { releaseName } from '../../model/release.ts'
import { placeOf } from '../app-name.ts'
import { define, defineGroup } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { columns } from '../table.ts'

export function addEnv(naru: Command, session: Session): void {
  const say = session.words.commands.env
  const examples = [
    'naru env',
    'naru env create staging',
    'naru env destroy staging --confirm staging',
  ]
  const list = async (_options: unknown, command: Command) => {
    const asked = shared(command, session)
    const { out } = session.terminal
    const { app } = await placeOf(session, asked)
    const environments = await apiOf(session, asked).environments(app)
    if (asked.json) return out(JSON.stringify({ environments }))
    out(
      columns(
        say.head,
        environments.map((one) => rowOf(one, say.nothingYet)),
      ),
    )
  }
  const env = defineGroup(naru, { usage: 'env', summary: say.summary, examples }, list)
  define(env, {
    usage: 'list',
    summary: say.list.summary,
    examples: ['naru env list'],
  }).action(list)
  addCreate(env, session)
  addDestroy(env, session)
}

const rowOf = ({ name, branch, stable, urls }: EnvironmentView, nothingYet: string): string[] => [
  name,
  branch,
  stable === null ? nothingYet : releaseName(stable),
  urls.join(' '),
]

type NewOptions = { branch?: string; from?: string }

function addCreate(env: Command, session: Session): void {
  const say = session.words.commands.env.create
  define(env, {
    usage: 'create <name>',
    summary: say.summary,
    examples: ['naru env create staging', 'naru env create staging --branch develop'],
  })
    .option('--branch <branch>', say.branch)
    .option('--from <environment>', say.from)
    .action(async (text: string, { branch, from }: NewOptions, command: Command) => {
      const asked = shared(command, session)
      const { out } = session.terminal
      const name = checkedLabel('environment', text)
      const { app } = await placeOf(session, asked)
      const api = apiOf(session, asked)
      const wanted = { name, ...(branch && { branch }), ...(from && { from }) }
      const made = await api.createEnvironment(app, wanted)
      if (asked.json) return out(JSON.stringify({ environment: made }))
      const secrets = from === undefined ? [] : await api.secrets({ app, environment: from })
      const [address] = made.urls
      const lines = [
        say.done(name, app),
        ...(secrets.length === 0
          ? []
          : [
              say.secrets(
                secrets.map((secret) => secret.name),
                name,
              ),
            ]),
        '',
        say.next(made.branch),
        ...(address === undefined ? [] : [say.visit(address)]),
      ]
      out(lines.join('\n'))
    })
}

function addDestroy(env: Command, session: Session): void {
  const say = session.words.commands.env.destroy
  define(env, {
    usage: 'destroy <name>',
    summary: say.summary,
    examples: ['naru env destroy staging --confirm staging'],
  })
    .option('--confirm <name>', say.confirm)
    .action(async (text: string, { confirm }: { confirm?: string }, command: Command) => {
      const asked = shared(command, session)
      const { out } = session.terminal
      const environment = checkedLabel('environment', text)
      const { app } = await placeOf(session, asked)
      const place = { app, environment }
      const api = apiOf(session, asked)
      await api.status(place) // What is not there is not asked about.
      const found = confirm ?? (await askForName(session, place))
      if (found !== environment)
        throw new NaruError('confirm.mismatch', { expected: environment, found, app })
      await api.destroyEnvironment(place, found)
      out(asked.json ? JSON.stringify({ destroyed: environment }) : say.done(environment, app))
    })
}

async function askForName(
  { terminal, words }: Session,
  { app, environment }: { app: string; environment: string },
): Promise<string> {
  const say = words.commands.env.destroy
  if (!terminal.interactive) {
    throw new NaruError('usage.invalid', {
      what: say.nobody(environment, app),
      expected: `naru env destroy ${environment} --app ${app} --confirm ${environment}`,
    })
  }
  terminal.err(say.warning(environment, app))
  return (await terminal.ask(say.question)).trim()
}
