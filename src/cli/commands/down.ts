import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { waitForEnd } from '../../base/process-end.ts'
import { define } from '../define.ts'
import { runningServer } from '../running-server.ts'
import { endLeftovers } from '../server-program.ts'
import { type Session, shared } from '../session.ts'

/** Apps get their time to end; a server that needs longer than this hangs. */
const limitMs = 120_000

export function addDown(naru: Command, session: Session): void {
  define(naru, {
    usage: 'down',
    summary: 'stop the server, the router and the apps',
    examples: ['naru down', 'naru down --keep-apps'],
    app: false,
  })
    .option(
      '--keep-apps',
      'stop the server alone: the apps go on serving, and the next naru up adopts them',
    )
    .action(async ({ keepApps = false }: { keepApps?: boolean }, command: Command) => {
      const { data, json } = shared(command, session)
      const { out } = session.terminal
      const running = await runningServer(data)
      let said: string
      if (running !== null) {
        await running.api.stop(keepApps)
        if (!(await waitForEnd(running.info.pid, limitMs))) throw stillThere(running.info.pid)
        said = keepApps
          ? 'Naru is down; the router and the apps go on.'
          : 'Naru is down, and its router and apps with it.'
      } else said = keepApps ? `No server runs on ${data}.` : await endWhatIsLeft(session, data)
      out(
        json
          ? JSON.stringify({ stopped: running !== null, keptApps: keepApps, dataFolder: data })
          : said,
      )
    })
}

/** So that `down` always means down: a server that was killed, or stopped with `--keep-apps`, left these behind. */
async function endWhatIsLeft({ programs, environment }: Session, data: string): Promise<string> {
  if (!existsSync(join(data, 'naru.db'))) return `No server runs on ${data}, and none ever did.`
  await endLeftovers({ programs, data, environment })
  return `No server ran on ${data}; no router and no app of it runs either now.`
}

const stillThere = (pid: number) =>
  new NaruError('naru.broken', {
    report: `the server (pid ${pid}) has not ended ${limitMs / 1000} s after it was told to`,
  })
