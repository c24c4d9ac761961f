import { lstat } from 'node:fs/promises'
import { posix, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import type { RemoteCommand } from '../../contract/command.ts'
import type { Place } from '../../model/environment.ts'
import { sayExit } from '../../model/instance.ts'
import { isLabel } from '../../model/name.ts'
import { type Copied, nameOf, readTree, writeTree } from '../../source/copied-tree.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { apiOf, type Session, shared } from '../session.ts'

type Remote = { service: string; path: string }
type Options = { instance?: string }

/** By `tar` in the instance, as its user: what that may not read or write, is not copied. */
export function addCp(naru: Command, session: Session): void {
  const say = session.words.commands.cp
  define(naru, {
    usage: 'cp <from> <to>',
    summary: say.summary,
    examples: ['naru cp web:/data/report.csv .', 'naru cp ./seed web:/data'],
  })
    .option('--instance <id>', session.words.commands.exec.instance)
    .action(async (from: string, to: string, { instance }: Options, command: Command) => {
      const asked = shared(command, session)
      const [source, target] = [remoteIn(from), remoteIn(to)]
      const remote = source ?? target
      if (remote === null || (source !== null && target !== null))
        throw new NaruError('usage.invalid', {
          what: say.oneRemote,
          expected: 'naru cp web:/data/report.csv .',
        })
      const place = await placeOf(session, asked)
      const api = apiOf(session, asked)
      const within = { service: remote.service, instance: instance ?? null }
      const start = (...words: [string, ...string[]]) =>
        api.runCommand(place, { command: words, terminal: null, within })
      const here = resolve(session.folder, source === null ? from : to)
      const copied =
        source === null
          ? await send({ start, place, remote }, here)
          : await fetch({ start, place, remote }, here)
      if (asked.json) return session.terminal.out(JSON.stringify(copied))
      for (const name of copied.leftOut) session.terminal.err(say.leftOut(name))
      session.terminal.out(say.done(copied.files))
    })
}

type Asked = {
  start(...words: [string, ...string[]]): Promise<RemoteCommand>
  place: Place
  remote: Remote
}

async function fetch({ start, place, remote }: Asked, target: string): Promise<Copied> {
  const { path } = remote
  const name = nameOf(path)
  if (name === '' || name === '.' || name === '..')
    throw new NaruError('argument.invalid', { kind: 'copied-path', text: path })
  const running = await start('tar', '-C', posix.dirname(path), '-cf', '-', '--', name)
  running.input.end()
  const [copied] = await Promise.all([
    writeTree(running.output, name, target).catch((error: unknown) => ({ error })),
    ended(running, place, remote),
  ])
  if ('error' in copied) throw copied.error
  return copied
}

async function send({ start, place, remote }: Asked, from: string): Promise<Copied> {
  await lstat(from).catch((cause: unknown) => {
    throw new NaruError(
      'file.unreadable',
      { file: from, reason: 'there is no such file' },
      { cause },
    )
  })
  const { path } = remote
  const isInto = path.endsWith('/') || (await succeeds(await start('test', '-d', path)))
  const [folder, name] = isInto ? [path, nameOf(from)] : [posix.dirname(path), nameOf(path)]
  const { tar, copied } = readTree(from, name)
  const running = await start('tar', '-C', folder, '-o', '-xf', '-')
  running.output.resume()
  await Promise.all([
    // Where tar ends before it has read all, it says why.
    pipeline(tar, running.input).catch(() => {}),
    ended(running, place, remote),
  ])
  return copied
}

/** Throws `copy.failed` with what tar says. */
async function ended(
  running: RemoteCommand,
  { app, environment }: Place,
  { service, path }: Remote,
): Promise<void> {
  const [end, said] = await Promise.all([running.ended, textOf(running.errors)])
  if (end.code === 0) return
  const reason = said.trim().split('\n')[0] || sayExit(end)
  throw new NaruError('copy.failed', { app, environment, service, path, reason })
}

async function succeeds(running: RemoteCommand): Promise<boolean> {
  running.input.end()
  running.output.resume()
  running.errors.resume()
  return (await running.ended).code === 0
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** "web:/data"; null for a path of this machine, which begins with ./ or / where it has a colon. */
function remoteIn(text: string): Remote | null {
  const [, service = '', path = ''] = /^([^:/]+):(.+)$/s.exec(text) ?? []
  return isLabel(service) ? { service, path } : null
}
