import { dirname, join } from 'node:path'

export type StepPlace = {
  app: string
  /** The slug that is being built. */
  folder: string
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
  { app, folder, home, temporary, mark }: StepPlace,
): Record<string, string> {
  const { NODE_ENV: _, ...plain } = settings
  return {
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_progress: 'false',
    npm_config_color: 'false',
    ...passedOn(host),
    ...plain,
    PATH: path(host, folder),
    HOME: home,
    TMPDIR: temporary,
    TZ: host.TZ ?? 'UTC',
    LANG: host.LANG ?? 'C.UTF-8',
    CI: 'true',
    NARU_APP: app,
    [markName]: mark,
  }
}

const names = new Set([
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'node_extra_ca_certs',
  'node_use_system_ca',
  'ssl_cert_file',
  'ssl_cert_dir',
  'curl_ca_bundle',
  'git_ssl_cainfo',
])

/** Settings of npm that belong to whoever started Naru (perhaps by `npm run`) and mean nothing in a build. */
const npmOwn = new Set(
  [
    'cache',
    'prefix',
    'local_prefix',
    'global_prefix',
    'global',
    'location',
    'userconfig',
    'init_module',
    'user_agent',
    'node_gyp',
    'npm_version',
    'omit',
    'include',
    'production',
    'only',
    'dry_run',
    'workspace',
    'workspaces',
    'if_present',
    'logs_dir',
    'json',
    'loglevel',
    'silent',
    'tmp',
  ].map((name) => `npm_config_${name}`),
)

function passedOn(host: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(host).filter((entry): entry is [string, string] => {
    const name = entry[0].toLowerCase()
    const npm = name.startsWith('npm_config_') && !npmOwn.has(name.replaceAll('-', '_'))
    return entry[1] !== undefined && (npm || names.has(name))
  })
  return Object.fromEntries(entries)
}

/** The app's own programs, this Node.js, then what Naru was started with, less what `npm run` put in front. */
function path(host: NodeJS.ProcessEnv, folder: string): string {
  const found = (host.PATH ?? '/usr/local/bin:/usr/bin:/bin')
    .split(':')
    .filter(
      (entry) => entry.startsWith('/') && !/\/(node_modules\/\.bin|node-gyp-bin)\/?$/.test(entry),
    )
  return [join(folder, 'node_modules/.bin'), dirname(process.execPath), ...found].join(':')
}
