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

type Options = {
  follow?: boolean
  service?: string
  release?: string
  since?: string
  tail?: string
}

export function addLogs(naru: Command, session: Session): void {
  define(naru, {
    usage: 'logs',
    summary: 'what the instances of an app wrote',
    examples: ['naru logs -f', 'naru logs --release v2 --service web --since 10m'],
  })
    .option('-f, --follow', 'go on with what they write from now on')
    .option('--service <name>', 'only this service')
    .option('--release <release>', 'only this release, as in v2')
    .option('--since <time>', 'only what is not older, as in 10m or 2026-03-01T12:00:00Z')
    .option('--tail <lines>', 'only the newest so many (100 with -f)')
    .action(async (options: Options, command: Command) => {
      const asked = shared(command, session)
      const { out, outPaint } = session.terminal
      const question = questionOf(options)
      const place = await placeOf(session, asked)
      const say = asked.json ? (line: LogLineView) => JSON.stringify(line) : lineWriter(outPaint)
      for await (const line of apiOf(session, asked).logs(place, question)) out(say(line))
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
  throw new NaruError('usage.invalid', {
    what: `${JSON.stringify(text)} is no time`,
    expected: 'as in 10m, 2h or 2026-03-01T12:00:00Z',
  })
}

const palette: readonly Colour[] = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red']

/** One colour an instance, given out in the order in which they are first seen. */
function lineWriter(paint: Paint): (line: LogLineView) => string {
  const colours = new Map<string, Colour>()
  return ({ at, instance, service, release, text }) => {
    const colour = colours.get(instance) ?? palette[colours.size % palette.length] ?? 'cyan'
    colours.set(instance, colour)
    const time = at.slice(11, 23)
    return `${paint('dim', time)} ${paint(colour, `${service} ${releaseName(release)} ${instance.slice(-4)}`)} ${printableLog(text)}`
  }
}
