import { apps } from './commands/apps.ts'
import { build } from './commands/build.ts'
import { builds } from './commands/builds.ts'
import { completion } from './commands/completion.ts'
import { contexts } from './commands/contexts.ts'
import { cp } from './commands/cp.ts'
import { deploy } from './commands/deploy.ts'
import { deployExisting } from './commands/deploy-existing.ts'
import { deployments } from './commands/deployments.ts'
import { destroy } from './commands/destroy.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { engine } from './commands/engine.ts'
import { env } from './commands/env.ts'
import { exec } from './commands/exec.ts'
import { help } from './commands/help.ts'
import { init } from './commands/init.ts'
import { jobs } from './commands/jobs.ts'
import { login, logout } from './commands/login.ts'
import { logs } from './commands/logs.ts'
import { procReceive } from './commands/proc-receive.ts'
import { promote } from './commands/promote.ts'
import { ps } from './commands/ps.ts'
import { registry } from './commands/registry.ts'
import { releases } from './commands/releases.ts'
import { rollback } from './commands/rollback.ts'
import { run } from './commands/run.ts'
import { scale } from './commands/scale.ts'
import { secret } from './commands/secret.ts'
import { settings } from './commands/settings.ts'
import { status } from './commands/status.ts'
import { tokens } from './commands/tokens.ts'
import { up } from './commands/up.ts'
import { version } from './commands/version.ts'

/** The sentences of each command, its summary and the descriptions of its options among them. */
export const commands = {
  tokens,
  logout,
  login,
  contexts,
  apps,
  build,
  builds,
  completion,
  cp,
  deploy,
  deployExisting,
  deployments,
  destroy,
  doctor,
  down,
  engine,
  env,
  exec,
  help,
  init,
  jobs,
  logs,
  procReceive,
  promote,
  ps,
  registry,
  releases,
  rollback,
  run,
  scale,
  secret,
  settings,
  status,
  up,
  version,
}
