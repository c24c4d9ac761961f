import { Command } from 'commander'
import { version } from '../base/version.ts'
import { addApps } from './commands/apps.ts'
import { addBuild } from './commands/build.ts'
import { addBuilds } from './commands/builds.ts'
import { addCompletion } from './commands/completion.ts'
import { addContexts } from './commands/contexts.ts'
import { addCp } from './commands/cp.ts'
import { addDeploy } from './commands/deploy.ts'
import { addDeployments } from './commands/deployments.ts'
import { addDestroy } from './commands/destroy.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDown } from './commands/down.ts'
import { addEngine } from './commands/engine.ts'
import { addEnv } from './commands/env.ts'
import { addExec } from './commands/exec.ts'
import { addHelp } from './commands/help.ts'
import { addInit } from './commands/init.ts'
import { addJobs } from './commands/jobs.ts'
import { addLogin } from './commands/login.ts'
import { addLogs } from './commands/logs.ts'
import { addProcReceive } from './commands/proc-receive.ts'
import { addPromote } from './commands/promote.ts'
import { addPs } from './commands/ps.ts'
import { addRegistry } from './commands/registry.ts'
import { addReleases } from './commands/releases.ts'
import { addRollback } from './commands/rollback.ts'
import { addRun } from './commands/run.ts'
import { addScale } from './commands/scale.ts'
import { addSecret } from './commands/secret.ts'
import { addSettings } from './commands/settings.ts'
import { addStatus } from './commands/status.ts'
import { addTokens } from './commands/tokens.ts'
import { addUp } from './commands/up.ts'
import { addVersion } from './commands/version.ts'
import { addShared, refuseOperands } from './define.ts'
import { helpIn } from './help.ts'
import type { Session } from './session.ts'
import { speak } from './speech.ts'
import type { Streams } from './terminal.ts'

/** The whole command line. Parsing it throws `CommanderError` and whatever a command throws. */
export function program(session: Session, { stdout }: Pick<Streams, 'stdout'>): Command {
  const say = session.words.commandLine
  const naru = speak(new Command('naru'), session.words)
    .description(say.about)
    .usage(say.usage)
    .version(`naru ${version}`, '-V, --version', say.options.version)
    .helpOption('-h, --help', say.options.help)
    .helpCommand(false)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: () => {}, // Failures are printed in our own form.
    })
    .configureHelp(helpIn(session.words))
    .allowExcessArguments()
    .addHelpText(
      'after',
      `\n${say.help.example}\n  $ naru up\n  $ naru init\n  $ git push naru main`,
    )
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
    addBuild,
    addBuilds,
    addReleases,
    addRollback,
    addPromote,
    addDeploy,
    addDeployments,
    addScale,
    addRun,
    addExec,
    addCp,
    addJobs,
    addSettings,
    addSecret,
    addEnv,
    addEngine,
    addRegistry,
    addDestroy,
    addLogin,
    addContexts,
    addTokens,
    addDoctor,
    addCompletion,
    addVersion,
    addHelp,
    addProcReceive,
  ]
  for (const add of parts) add(naru, session)
  return naru
}
