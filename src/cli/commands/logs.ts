import type { Command } from 'commander'
import { parseDuration } from '../../base/duration.ts'
import { NaruError } from '../../base/error.ts'
import type { LogQuestion } from '../../contract/client.ts'
import type { LogLineView } from '../../contract/shapes.ts'
import { releaseName } from '../../model/release.ts'
import { placeOf } from '../app-name.ts'
import { define } from '../define.ts'
import { readCount, readRelease } from '../kinds.ts'
import { apiOf, type Session, shared } from '../session.ts'
import { type Colour, type Paint, printableLog } from '../terminal.ts'
import { stampOf } from '../when.ts'

type Options = {
  follow?: boolean
  service?: string
  release?: string
  since?: string
  tail?: string
}

export function addLogs(naru: Command, session: Session): void {
  const say = session.words.commands.logs
  define(naru, {
    usage: 'logs',
    summary: say.summary,
    examples: ['naru logs -f', 'naru logs --release v2 --service web --since 10m'],
  })
    .option('-f, --follow', say.follow)
    .option('--service <name>', say.service)
    .option('--release <release>', say.release)
    .option('--since <time>', say.since)
    .option('--tail <lines>', say.tail)
    .action(async (options: Options, command: Command) => {
      const asked = shared(command, session)
      const { out, outPaint } = session.terminal
      const question = questionOf(options)
      const place = await placeOf(session, asked)
      const write = asked.json ? (line: LogLineView) => JSON.stringify(line) : lineWriter(outPaint)
      for await (const line of apiOf(session, asked).logs(place, question)) out(write(line))
    })
}

function questionOf({ follow, service, release, since, tail }: Options): LogQuestion {
  const newest = tail ?? (follow && since === undefined ? '100' : undefined)
  return {
    ...(follow ? { follow } : {}),
    ...(service === undefined ? {} : { service }),
    ...(release === undefined ? {} : { release: readRelease(release) }),
    ...(since === undefined ? {} : { since: readTime(since) }),
    ...(newest === undefined ? {} : { tail: readCount(newest) }),
  }
}

/** "10m" before now, or a time as it is; ISO 8601 in UTC. */
function readTime(text: string): string {
  const seconds = parseDuration(text)
  const at = seconds === undefined ? Date.parse(text) : Date.now() - seconds * 1000
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw new NaruError('argument.invalid', { kind: 'time', text })
}

const palette: readonly Colour[] = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red']

/** One colour an instance, given out in the order in which they are first seen. */
function lineWriter(paint: Paint): (line: LogLineView) => string {
  const colours = new Map<string, Colour>()
  return ({ at, instance, service, release, text }) => {
    const colour = colours.get(instance) ?? palette[colours.size % palette.length] ?? 'cyan'
    colours.set(instance, colour)
    return `${paint('dim', stampOf(at))} ${paint(colour, `${service} ${releaseName(release)} ${instance.replace(/^.*-/, '').slice(-4)}`)} ${printableLog(text)}`
  }
}
