/**
 * What a build step gets of the environment that Naru was started with: how to reach the registries from this
 * machine. Nothing of it reaches an instance.
 */
export function hostVariables(host: NodeJS.ProcessEnv): Record<string, string> {
  const passed = passedOn(host)
  return { ...forYarn(passed), ...passed, ...forMaven(passed) }
}

/** Yarn from 2 on reads neither the usual proxy variables nor those of npm. */
function forYarn(host: Variables): Record<string, string> {
  const [https, http] = [valueIn(host, 'https_proxy'), valueIn(host, 'http_proxy')]
  const registry = valueIn(host, 'npm_config_registry')
  return {
    ...(https === undefined ? {} : { YARN_HTTPS_PROXY: https }),
    ...(http === undefined ? {} : { YARN_HTTP_PROXY: http }),
    ...(registry === undefined ? {} : { YARN_NPM_REGISTRY_SERVER: registry }),
  }
}

/** Java knows proxies only as properties. A password in the address is left out: Maven takes one only from settings.xml. */
function forMaven(host: Variables): Record<string, string> {
  const own = `${host['JAVA_TOOL_OPTIONS'] ?? ''} ${host['MAVEN_OPTS'] ?? ''}`
  if (own.includes('proxyHost')) return {}
  const options = (['https', 'http'] as const).flatMap((scheme) => {
    const proxy = valueIn(host, `${scheme}_proxy`)
    if (proxy === undefined || !URL.canParse(proxy)) return []
    const { hostname, port } = new URL(proxy)
    return [
      `-D${scheme}.proxyHost=${hostname}`,
      ...(port === '' ? [] : [`-D${scheme}.proxyPort=${port}`]),
    ]
  })
  if (options.length === 0) return {}
  const direct = (valueIn(host, 'no_proxy') ?? '')
    .split(/[\s,]+/)
    .filter((name) => /^[\w.*-]+$/.test(name))
    .map((name) => (name.startsWith('.') ? `*${name}` : name))
  if (direct.length > 0) options.push(`-Dhttp.nonProxyHosts=${direct.join('|')}`)
  return { MAVEN_OPTS: [host['MAVEN_OPTS'], ...options].filter(Boolean).join(' ') }
}

type Variables = Readonly<Record<string, string>>

/** Proxies come in small letters or capitals. */
const valueIn = (host: Variables, name: string): string | undefined =>
  host[name] ?? host[name.toUpperCase()]

/** Proxies, certificates and registries, for whatever a step starts. */
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
  'requests_ca_bundle',
  'aws_ca_bundle',
  'goproxy',
  'gosumdb',
  'gonosumdb',
  'gonosumcheck',
  'gonoproxy',
  'goprivate',
  'goinsecure',
  'goflags',
  'goauth',
  'gotoolchain',
  'java_tool_options',
  'maven_opts',
  'maven_args',
  'corepack_npm_registry',
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

/** Settings of package managers, but for those that name a folder of whoever started Naru. */
const managerPrefixes = [
  'PIP_',
  'UV_',
  'CARGO_HTTP_',
  'CARGO_NET_',
  'CARGO_REGISTRIES_',
  'CARGO_REGISTRY_',
  'CARGO_SOURCE_',
  'YARN_NPM_',
  'YARN_HTTP',
  'YARN_ENABLE_STRICT_SSL',
  'YARN_NETWORK_',
]
const ownFolders = new Set([
  'PIP_CACHE_DIR',
  'PIP_CONFIG_FILE',
  'PIP_TARGET',
  'PIP_PREFIX',
  'PIP_ROOT',
  'PIP_USER',
  'PIP_LOG',
  'PIP_REQUIRE_VIRTUALENV',
  'PIP_PYTHON',
  'UV_CACHE_DIR',
  'UV_CONFIG_FILE',
  'UV_PYTHON',
  'UV_PYTHON_INSTALL_DIR',
  'UV_PROJECT_ENVIRONMENT',
  'UV_TOOL_DIR',
  'UV_TOOL_BIN_DIR',
  'UV_INSTALL_DIR',
])

const isOfManager = (name: string): boolean =>
  managerPrefixes.some((prefix) => name.startsWith(prefix)) && !ownFolders.has(name)

function passedOn(host: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(host).filter((entry): entry is [string, string] => {
    const name = entry[0].toLowerCase()
    const npm = name.startsWith('npm_config_') && !npmOwn.has(name.replaceAll('-', '_'))
    return entry[1] !== undefined && (npm || names.has(name) || isOfManager(entry[0]))
  })
  return Object.fromEntries(entries)
}
