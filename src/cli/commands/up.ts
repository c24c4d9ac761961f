import type { Command } from 'commander'
import { version } from '../../base/version.ts'
import type { ServerInfo } from '../../contract/shapes.ts'
import { addressesOf } from '../address.ts'
import { type Addresses, keepAddresses, readAddresses } from '../addresses.ts'
import { define } from '../define.ts'
import { checkNode } from '../node-version.ts'
import { runningServer } from '../running-server.ts'
import { runInForeground, startInBackground } from '../server-program.ts'
import { type Session, shared } from '../session.ts'

type Options = Partial<Addresses> & { public?: boolean; foreground?: boolean }

export function addUp(naru: Command, session: Session): void {
  define(naru, {
    usage: 'up',
    summary: 'start a server here, in the background',
    examples: ['naru up', 'naru up --http 127.0.0.1:9080 --data ~/naru-data'],
    app: false,
  })
    .option('--http <address>', `where visitors reach the apps; ${asLast(first.http)}`)
    .option('--api <address>', `where this command line and git reach Naru; ${asLast(first.api)}`)
    .option('--domain <domain>', `an app is reached at <app>.<domain>; ${asLast(first.domain)}`)
    .option('--public', 'let other machines reach the apps (not the API)')
    .option('--foreground', 'stay in this terminal')
    .action(async (options: Options, command: Command) => {
      checkNode(process.versions.node)
      const { data, json } = shared(command, session)
      const { out } = session.terminal
      const before = await runningServer(data)
      if (before !== null) return out(json ? answer(before.info, false) : sayRunning(before.info))
      const { programs, environment } = session
      const addresses = addressesFor(options, readAddresses(data) ?? first)
      const start = { programs, data, args: argsOf(addresses), environment }
      const remember = () => keepAddresses(data, addresses)
      if (options.foreground) process.exit(await runInForeground(start, remember))
      await startInBackground(start)
      remember()
      const after = await runningServer(data)
      if (after !== null) out(json ? answer(after.info, true) : sayStarted(after.info))
    })
}

/** Where a server is reached that was never told otherwise: by nobody but this machine. */
const first: Addresses = { http: '127.0.0.1:8080', api: '127.0.0.1:7878', domain: 'localhost' }

const asLast = (atFirst: string) => `as last time, at first ${atFirst}`

function addressesFor(options: Options, before: Addresses): Addresses {
  const { http = before.http, api = before.api, domain = before.domain } = options
  const port = http.slice(http.lastIndexOf(':') + 1)
  return { http: options.public ? `0.0.0.0:${port}` : http, api, domain }
}

/** Each in one word with its flag, so that a value that begins with a dash is no flag itself. */
const argsOf = ({ http, api, domain }: Addresses): string[] => [
  `--http=${http}`,
  `--api=${api}`,
  `--domain=${domain}`,
]

const answer = (info: ServerInfo, started: boolean): string => JSON.stringify({ started, ...info })

function sayStarted(info: ServerInfo): string {
  return `Naru is up.\n${sayAddresses(info)}\n\nNext, in a git repository: naru init`
}

function sayRunning(info: ServerInfo): string {
  const old = `\n\nIt is version ${info.version} and this is ${version}: naru down --keep-apps, then naru up`
  return `Naru runs already.\n${sayAddresses(info)}${info.version === version ? '' : old}`
}

function sayAddresses(info: ServerInfo): string {
  const entries = [
    ['api', info.api],
    ['apps', addressesOf(info, '<app>').byName],
    ['data', info.dataFolder],
  ]
  return entries.map(([name, value]) => `  ${String(name).padEnd(4)}  ${value}`).join('\n')
}
