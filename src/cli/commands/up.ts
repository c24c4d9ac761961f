import { join } from 'node:path'
import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { serverDigest } from '../../base/program-digest.ts'
import { version } from '../../base/version.ts'
import type { ServerInfo } from '../../contract/shapes.ts'
import type { Words } from '../../contract/words/words.ts'
import { type EngineName, isEngineName } from '../../model/engine.ts'
import { addressesOf } from '../address.ts'
import { type Addresses, firstAddresses, keepAddresses, readAddresses } from '../addresses.ts'
import { startsAtBoot } from '../boot/boot.ts'
import { startAtBoot } from '../boot/start.ts'
import { define } from '../define.ts'
import { checkNode } from '../node-version.ts'
import { makeRoom, type RunningServer, runningServer } from '../running-server.ts'
import { runInForeground, startInBackground } from '../server-program.ts'
import { localApi, type Session, shared } from '../session.ts'
import { entries } from '../table.ts'

type Options = Partial<Addresses> & {
  engine?: string
  public?: boolean
  foreground?: boolean
  atBoot?: boolean
}

export function addUp(naru: Command, session: Session): void {
  const { words } = session
  const say = words.commands.up
  define(naru, {
    usage: 'up',
    summary: say.summary,
    examples: ['naru up', 'naru up --http 127.0.0.1:9080 --data ~/naru-data'],
    app: false,
  })
    .option('--http <address>', say.http(firstAddresses.http))
    .option('--api <address>', say.api(firstAddresses.api))
    .option('--domain <domain>', say.domain(firstAddresses.domain))
    .option('--builds <number>', say.builds)
    .option('--cache-limit <size>', say.cacheLimit)
    .option('--engine <name>', say.engine)
    .option('--public', say.public)
    .option('--foreground', say.foreground)
    .option('--at-boot', say.atBoot)
    .action(async (options: Options, command: Command) => {
      checkNode(process.versions.node)
      const { data, json } = shared(command, session)
      const { out } = session.terminal
      const before = await runningServer(data)
      const { programs, environment } = session
      const addresses = addressesFor(options, readAddresses(data) ?? firstAddresses)
      const engine = engineOf(options)
      const first = engine === undefined ? [] : [`--engine=${engine}`]
      const start = { programs, data, args: [...argsOf(addresses), ...first], environment, words }
      const isUpdate = before !== null && isOlder(before, programs)
      // One that a service manager started is the service manager's, also when it is updated.
      const atBoot = options.atBoot || (isUpdate && startsAtBoot(data, environment))
      if (atBoot) {
        const { file, info: started } = await startAtBoot(start, before)
        keepAddresses(data, addresses)
        const info = await withEngine(started, engine, data)
        if (json) return out(JSON.stringify({ started: true, bootFile: file, ...info }))
        return out(`${sayStarted(info, words, isUpdate)}\n\n${say.keptAtBoot(file)}`)
      }
      if (before !== null && !isUpdate) {
        const info = await withEngine(before.info, engine, data)
        return out(json ? answer(info, false) : sayRunning(info, words))
      }
      if (before !== null) await makeRoom(before)
      const remember = () => keepAddresses(data, addresses)
      if (options.foreground) process.exit(await runInForeground(start, remember))
      await startInBackground(start)
      remember()
      const after = await runningServer(data)
      if (after === null) return
      const info = await withEngine(after.info, engine, data)
      out(json ? answer(info, true) : sayStarted(info, words, isUpdate))
    })
}

function engineOf({ engine }: Options): EngineName | undefined {
  if (engine === undefined || isEngineName(engine)) return engine
  throw new NaruError('argument.invalid', { kind: 'engine', text: engine })
}

/** A server that had another one before is told; without a wish nothing is. Throws `engine.unavailable`. */
async function withEngine(
  info: ServerInfo,
  wanted: EngineName | undefined,
  data: string,
): Promise<ServerInfo> {
  if (wanted === undefined || info.engine.engine === wanted) return info
  const { choice } = await localApi(data, info.api).chooseServerEngine(wanted)
  return { ...info, engine: choice }
}

function addressesFor(options: Options, before: Addresses): Addresses {
  const { http = before.http, api = before.api, domain = before.domain } = options
  const { builds = before.builds, cacheLimit = before.cacheLimit } = options
  const port = http.slice(http.lastIndexOf(':') + 1)
  const ours = {
    ...(builds === undefined ? {} : { builds }),
    ...(cacheLimit === undefined ? {} : { cacheLimit }),
  }
  return { http: options.public ? `0.0.0.0:${port}` : http, api, domain, ...ours }
}

/** Each in one word with its flag, so that a value that begins with a dash is no flag itself. */
const argsOf = ({ http, api, domain, builds, cacheLimit }: Addresses): string[] => [
  `--http=${http}`,
  `--api=${api}`,
  `--domain=${domain}`,
  ...(builds === undefined ? [] : [`--builds=${builds}`]),
  ...(cacheLimit === undefined ? [] : [`--cache-limit=${cacheLimit}`]),
]

const answer = (info: ServerInfo, started: boolean): string => JSON.stringify({ started, ...info })

/** Whether it runs other programs than these, and not those of a newer version, which these may not understand. */
function isOlder({ info, programs }: RunningServer, folder: string): boolean {
  const ours = serverDigest(folder)
  return ours !== '' && ours !== programs && isNewer(version, info.version)
}

/** Whether this version is that one or comes after it. */
function isNewer(here: string, there: string): boolean {
  const [ours, theirs] = [here, there].map((each) => each.split('.').map(Number))
  const at = ours?.findIndex((number, index) => number !== theirs?.[index]) ?? -1
  return at < 0 || (ours?.[at] ?? 0) > (theirs?.[at] ?? 0)
}

function sayStarted(info: ServerInfo, words: Words, isUpdate: boolean): string {
  const say = words.commands.up
  const older = info.olderRouter ? `\n\n${say.olderRouter(routerLog(info))}` : ''
  return `${isUpdate ? say.updated(info.version) : say.started}\n${sayAddresses(info, words)}${older}\n\n${say.next}`
}

function sayRunning(info: ServerInfo, words: Words): string {
  const say = words.commands.up
  const old = info.version === version ? '' : `\n\n${say.otherVersion(info.version, version)}`
  const older = info.olderRouter ? `\n\n${say.olderRouter(routerLog(info))}` : ''
  return `${say.running}\n${sayAddresses(info, words)}${old}${older}`
}

const routerLog = ({ dataFolder }: ServerInfo): string => join(dataFolder, 'router/router.log')

function sayAddresses(info: ServerInfo, { commands }: Words): string {
  const { address } = commands.up
  return entries([
    [address.api, info.api],
    [address.apps, addressesOf(info, '<app>').byName],
    [address.data, info.dataFolder],
    [address.engine, info.engine.engine],
  ])
}
