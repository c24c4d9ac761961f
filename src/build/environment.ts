import { dirname, join } from 'node:path'
import type { Account } from './account.ts'
import { hostVariables } from './host-variables.ts'
import { programFolders } from './program-path.ts'

export type StepPlace = {
  app: string
  /** The slug that is being built. */
  folder: string
  /** The app's folder in it, "." or "apps/web". */
  workingFolder: string
  /** What the recipe adds. */
  variables: Readonly<Record<string, string>>
  runAs: Account | null
  home: string
  temporary: string
  /** Told to every step, so that what it leaves running can be found: `markName`'s value. */
  mark: string
}

export const markName = 'NARU_BUILD_MARK'

/**
 * The whole environment of a build step: what the machine needs to reach a registry, then the app's plain
 * settings, then what Naru decides. Never a secret of the app; NODE_ENV is unset, since npm leaves out the
 * packages for development where it says production.
 */
export function stepEnvironment(
  host: NodeJS.ProcessEnv,
  settings: Readonly<Record<string, string>>,
  { app, folder, workingFolder, variables, runAs, home, temporary, mark }: StepPlace,
): Record<string, string> {
  const { NODE_ENV: _, ...plain } = settings
  return {
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_progress: 'false',
    npm_config_color: 'false',
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_PROGRESS_BARS: '0',
    YARN_NODE_LINKER: 'node-modules',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PIP_PROGRESS_BAR: 'off',
    UV_NO_PROGRESS: '1',
    ...toolchains(host, runAs),
    ...hostVariables(host),
    ...variables,
    ...plain,
    PATH: [...ownPrograms(folder, workingFolder), ...programFolders(host, runAs)].join(':'),
    HOME: home,
    TMPDIR: temporary,
    TZ: host.TZ ?? 'UTC',
    LANG: host.LANG ?? 'C.UTF-8',
    CI: 'true',
    NARU_APP: app,
    [markName]: mark,
  }
}

/** Folders of the programs that an app's install step brings: those of its own folder, and of each above it in the slug. */
function ownPrograms(slug: string, workingFolder: string): string[] {
  const folders = [join(slug, workingFolder)]
  for (let at = workingFolder; at !== '.'; ) {
    at = dirname(at)
    folders.push(join(slug, at))
  }
  return folders.flatMap((folder) => [join(folder, 'node_modules/.bin'), join(folder, '.venv/bin')])
}

/** rustup's cargo finds its compilers by the home of whoever installed it; another account has none of them. */
function toolchains(host: NodeJS.ProcessEnv, runAs: Account | null): Record<string, string> {
  const folder = host['RUSTUP_HOME'] ?? (host['HOME'] && join(host['HOME'], '.rustup'))
  return runAs === null && folder ? { RUSTUP_HOME: folder } : {}
}
