import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { Command } from 'commander'
import { errorOf, NaruError } from '../../base/error.ts'
import { type ApiClient, followingMs } from '../../contract/client.ts'
import { ApiFailure } from '../../contract/failure.ts'
import { archiveLimits } from '../../model/archive-entry.ts'
import { type Place, production } from '../../model/environment.ts'
import { checkedLabel } from '../../model/name.ts'
import { appOfText, askGit } from '../app-name.ts'
import { define } from '../define.ts'
import { answerOf, answerShape } from '../finish.ts'
import { followBuild } from '../follow.ts'
import { type Pack, pack, type Shipment } from '../pack.ts'
import { archiveShipment, archiveStem } from '../pack-archive.ts'
import { folderShipment } from '../pack-folder.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { printable } from '../terminal.ts'
import {
  asksForExisting,
  deployExisting,
  type ExistingOptions,
  withExistingOptions,
} from './deploy-existing.ts'
import { labelOf } from './init.ts'

type DeployOptions = ExistingOptions & { name?: string }

export function addDeploy(naru: Command, session: Session): void {
  const { words } = session
  const command = define(naru, {
    usage: 'deploy [folder-or-archive]',
    summary: words.commands.deploy.summary,
    examples: ['naru deploy', 'naru deploy ./site --app shop', 'naru deploy shop.tar.gz'],
    answers: answerShape,
  })
  withExistingOptions(command, session)
    .option('--name <title>', words.commands.deploy.name)
    .option('--detach', words.commandLine.options.detach)
    .action(async (what: string | undefined, options: DeployOptions, at: Command) => {
      if (asksForExisting(options, what, session)) return deployExisting(session, at, options)
      await deployFiles(session, at, what, options)
    })
}

/** Packs, sends, and follows what comes of it to its end. Nothing is sent unless all of it may be. */
async function deployFiles(
  session: Session,
  command: Command,
  what: string | undefined,
  { name, detach = false }: DeployOptions,
): Promise<void> {
  const { terminal, words } = session
  const asked = shared(command, session)
  const api = apiOf(session, asked)
  const path = resolve(session.folder, what ?? '.')
  if (isWholeHome(path)) {
    const { wholeHome, wholeHomeHint } = words.commands.deploy
    throw new NaruError('usage.invalid', { what: wholeHome(path), expected: wholeHomeHint })
  }
  const shipment = await shipmentOf(path, what ?? '.')
  const packed = await pack(shipment)
  const app = await appFor(session, asked.app, path, shipment, packed)
  const place = { app, environment: checkedLabel('environment', asked.env) }
  tell(session, shipment, packed)
  await makeApp(session, api, place)
  const build = await send(session, api, place, name ?? titleOf(shipment), packed)
  if (detach) {
    return terminal.out(
      asked.json ? answerOf({ build }) : words.commands.deploy.queued(build.number),
    )
  }
  const following = { api: apiOf(session, asked, { patienceMs: followingMs }), place, terminal }
  const { problem, ...ended } = await followBuild({ ...following, words }, build)
  if (asked.json) terminal.out(answerOf({ ...ended, build: ended.build ?? build }))
  if (problem !== null) throw errorOf(problem)
}

/** Keys and all: nobody means that who has not said, in a naru.yaml there, that it is an app. */
const isWholeHome = (path: string): boolean =>
  [homedir(), '/'].includes(path) && !existsSync(join(path, 'naru.yaml'))

async function shipmentOf(path: string, asked: string): Promise<Shipment> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory()) return await folderShipment(path)
    if (stats.isFile()) return await archiveShipment(path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new NaruError('archive.missing', { path: asked }, { cause })
    }
    if (code !== 'EACCES') throw cause
    throw new NaruError('archive.unreadable', { path: asked, why: 'denied' }, { cause })
  }
  throw new NaruError('archive.unknown', { name: basename(path), found: 'no-archive' })
}

/** `--app`, what the naru.yaml that is sent says, what an earlier init chose, or the name of what is sent made a label. */
async function appFor(
  session: Session,
  asked: string | undefined,
  path: string,
  { isArchive, name }: Shipment,
  { spec }: Pack,
): Promise<string> {
  if (asked !== undefined) return checkedLabel('app', asked)
  const named = spec === undefined ? undefined : await appOfText(spec)
  const at = isArchive ? session.folder : path
  const known = named ?? (await askGit(at, ['config', '--get', 'naru.app']))
  return checkedLabel('app', known || labelOf(archiveStem(name)))
}

function tell({ terminal, words }: Session, { name, changes }: Shipment, packed: Pack): void {
  const say = words.commands.deploy
  const { files, bytes, stripped, leftOut, secrets } = packed
  const lines = [
    say.packed({ name, files, bytes, changes }),
    ...(stripped === null ? [] : [say.stripped(stripped)]),
    ...(leftOut.length === 0 ? [] : [say.leftOut(leftOut)]),
  ]
  for (const line of lines) terminal.err(printable(line))
  if (secrets.length > 0) {
    terminal.err(terminal.errPaint('yellow', printable(say.envLeftOut(secrets))))
  }
}

/** Production comes with its app; whoever names another environment is taken to mean an app that is there. */
async function makeApp({ terminal, words }: Session, api: ApiClient, place: Place): Promise<void> {
  try {
    await api.app(place.app)
  } catch (error) {
    const isUnknown = error instanceof ApiFailure && error.code === 'app.unknown'
    if (!isUnknown || place.environment !== production) throw error
    await api.createApp(place.app)
    terminal.err(words.commands.deploy.appMade(place.app))
  }
}

/** Between two lines for whoever waits for a large archive to be sent. */
const progressMs = 5000

async function send(
  { terminal, words }: Session,
  api: ApiClient,
  place: Place,
  name: string,
  packed: Pack,
) {
  const startedMs = performance.now()
  const bytes = packed.send()
  const sent = countBytes(bytes)
  const progress = setInterval(
    () => terminal.err(`  ${words.commands.deploy.sending(sent.bytes)}`),
    progressMs,
  )
  const build = await api.sendArchive(place, { name, bytes }).finally(() => clearInterval(progress))
  terminal.err(words.commands.deploy.sent(sent.bytes, (performance.now() - startedMs) / 1000))
  return build
}

/** Counts what is read of a stream, and breaks it at the limit of what a server takes. */
function countBytes(stream: Readable): { bytes: number } {
  const sent = { bytes: 0 }
  stream.on('data', (chunk: Buffer) => {
    sent.bytes += chunk.length
    if (sent.bytes <= archiveLimits.sent) return
    stream.destroy(new NaruError('archive.too-large', { what: 'sent', limit: archiveLimits.sent }))
  })
  stream.pause() // Listening alone would make it flow, before anybody sends it.
  return sent
}

/** On one line, as the API takes it. */
const titleOf = ({ name }: Shipment): string =>
  [...name.replace(/\p{Cc}+/gu, ' ')].slice(0, 200).join('') || 'archive'
