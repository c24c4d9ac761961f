import { Command } from 'commander'
import { version } from '../base/version.ts'
import { addApps } from './commands/apps.ts'
import { addBuilds } from './commands/builds.ts'
import { addDeployments } from './commands/deployments.ts'
import { addDestroy } from './commands/destroy.ts'
import { addDown } from './commands/down.ts'
import { addHelp } from './commands/help.ts'
import { addInit } from './commands/init.ts'
import { addLogs } from './commands/logs.ts'
import { addProcReceive } from './commands/proc-receive.ts'
import { addPs } from './commands/ps.ts'
import { addReleases } from './commands/releases.ts'
import { addRollback } from './commands/rollback.ts'
import { addSecret } from './commands/secret.ts'
import { addSettings } from './commands/settings.ts'
import { addStatus } from './commands/status.ts'
import { addUp } from './commands/up.ts'
import { addVersion } from './commands/version.ts'
import { addShared, refuseOperands } from './define.ts'
import type { Session } from './session.ts'
import type { Streams } from './terminal.ts'

/** The whole command line. Parsing it throws `CommanderError` and whatever a command throws. */
export function program(session: Session, { stdout }: Pick<Streams, 'stdout'>): Command {
  const naru = new Command('naru')
    .description('Takes your code from a git push to a healthy release, and keeps it there.')
    .usage('<command>')
    .version(`naru ${version}`, '-V, --version', 'the version')
    .helpOption('-h, --help', 'this, or the help of a command')
    .helpCommand(false)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: () => {}, // Failures are printed in our own form.
    })
    .configureHelp({
      subcommandTerm: (command) => command.usage().replace('[options]', command.name()),
    })
    .allowExcessArguments()
    .addHelpText('after', '\nExample:\n  $ naru up\n  $ naru init\n  $ git push naru main')
  addShared(naru, true, true)
  naru.action((_options: unknown, command: Command) => {
    refuseOperands(command)
    command.outputHelp()
  })
  const parts = [
    addUp,
    addDown,
    addInit,
    addStatus,
    addApps,
    addPs,
    addLogs,
    addBuilds,
    addReleases,
    addRollback,
    addDeployments,
    addSettings,
    addSecret,
    addDestroy,
    addVersion,
    addHelp,
    addProcReceive,
  ]
  for (const add of parts) add(naru, session)
  return naru
}
