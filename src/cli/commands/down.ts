import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import { waitForEnd } from '../../base/process-end.ts'
import { bootOf } from '../boot/boot.ts'
import { define } from '../define.ts'
import { runningServer } from '../running-server.ts'
import { readServerFile } from '../server-file.ts'
import { endLeftovers } from '../server-program.ts'
import { type Session, shared } from '../session.ts'

/** Apps get their time to end; a server that needs longer than this hangs. */
const limitMs = 120_000

type Options = { keepApps?: boolean; atBoot?: boolean }

export function addDown(naru: Command, session: Session): void {
  const say = session.words.commands.down
  define(naru, {
    usage: 'down',
    summary: say.summary,
    examples: ['naru down', 'naru down --keep-apps', 'naru down --at-boot'],
    app: false,
  })
    .option('--keep-apps', say.keepApps)
    .option('--at-boot', say.atBoot)
    .action(async ({ keepApps = false, atBoot = false }: Options, command: Command) => {
      const { data, json } = shared(command, session)
      const { out } = session.terminal
      const file = atBoot ? await noMoreAtBoot(session, data) : null
      const running = await runningServer(data, session.words.language)
      let said: string
      if (running !== null) {
        await running.api.stop(keepApps)
        if (!(await waitForEnd(running.info.pid, limitMs)))
          throw stillThere(running.info.pid, session)
        // What it could not end, it has left with its file; whoever tries again says why that is so.
        if (!keepApps && readServerFile(data) !== undefined) await endWhatIsLeft(session, data)
        said = keepApps ? say.kept : say.done(data)
      } else said = keepApps ? say.noneRuns(data) : await endWhatIsLeft(session, data)
      out(
        json
          ? JSON.stringify({
              stopped: running !== null,
              keptApps: keepApps,
              dataFolder: data,
              bootFile: file,
            })
          : file === null
            ? said
            : `${said}\n${say.notAtBoot(file)}`,
      )
    })
}

/** The file that is gone now; null where nothing was kept. */
async function noMoreAtBoot({ environment }: Session, data: string): Promise<string | null> {
  const boot = await bootOf(data, environment)
  if (!boot.isKept()) return null
  await boot.forget()
  return boot.file
}

/** So that `down` always means down: a server that was killed, or stopped with `--keep-apps`, left these behind. */
async function endWhatIsLeft(session: Session, data: string): Promise<string> {
  const { programs, environment, words } = session
  const say = words.commands.down
  if (!existsSync(join(data, 'naru.db'))) return say.noneEver(data)
  await endLeftovers({ programs, data, environment, words })
  return say.leftovers(data)
}

const stillThere = (pid: number, { words }: Session) =>
  new NaruError('naru.broken', { report: words.commands.down.stillThere(pid, limitMs / 1000) })
