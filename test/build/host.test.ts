import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hostVariables } from '../../src/build/host-variables.ts'
import { accounts, type Bench, makeBench, readIn, removeStaticServer } from './bench.ts'

afterAll(removeStaticServer)

describe("a build gets of its host's environment", () => {
  test('proxies, certificates and settings of package managers, in any letters', () => {
    const passed = {
      HTTPS_PROXY: 'http://proxy.example:3128',
      no_proxy: 'localhost,.example.com',
      NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
      SSL_CERT_FILE: '/etc/ca.pem',
      REQUESTS_CA_BUNDLE: '/etc/ca.pem',
      PIP_INDEX_URL: 'https://pypi.example/simple',
      UV_INDEX_URL: 'https://pypi.example/simple',
      GOPROXY: 'https://go.example',
      GOFLAGS: '-mod=mod',
      CARGO_HTTP_CAINFO: '/etc/ca.pem',
      JAVA_TOOL_OPTIONS: '-Djavax.net.ssl.trustStore=/etc/java.jks',
      npm_config_registry: 'https://npm.example/',
      YARN_NPM_AUTH_TOKEN: 't',
    }
    expect(hostVariables(passed)).toMatchObject(passed)
  })

  test('nothing of whoever started Naru', () => {
    const own = {
      HOME: '/root',
      SECRET_KEY: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      NARU_TOKEN: 'x',
      PIP_CACHE_DIR: '/root/.cache/pip',
      UV_CACHE_DIR: '/root/.cache/uv',
      CARGO_HOME: '/root/.cargo',
      GOPATH: '/root/go',
      npm_config_cache: '/root/.npm',
      PYTHONPATH: '/root/lib',
      NODE_OPTIONS: '--inspect',
    }
    expect(hostVariables(own)).toEqual({})
  })

  test('the proxy in the words of those who do not read the usual ones', () => {
    const host = {
      https_proxy: 'http://user:pass@proxy.example:3128',
      NO_PROXY: 'localhost,.example.com',
    }
    expect(hostVariables(host)).toEqual({
      ...host,
      YARN_HTTPS_PROXY: 'http://user:pass@proxy.example:3128',
      MAVEN_OPTS:
        '-Dhttps.proxyHost=proxy.example -Dhttps.proxyPort=3128 -Dhttp.nonProxyHosts=localhost|*.example.com',
    })
    const own = { HTTPS_PROXY: 'http://p:1', MAVEN_OPTS: '-Dhttps.proxyHost=own' }
    expect(hostVariables(own)['MAVEN_OPTS']).toBe('-Dhttps.proxyHost=own')
  })
})

describe.each(accounts())("settings of the host's package managers, %s", (_title, runAs) => {
  let bench: Bench
  let home: string
  beforeEach(async () => {
    bench = await makeBench(null, runAs)
    home = join(bench.folder, 'host')
    await mkdir(home)
    await bench.write(
      'package.json',
      JSON.stringify({
        main: 'a.js',
        scripts: {
          build:
            'cd "$HOME" && cat .npmrc .config/pip/pip.conf .cargo/config.toml .m2/settings.xml .config/go/env > "$OLDPWD/seen" 2>/dev/null || true',
        },
      }),
    )
    await bench.write('a.js', '')
  })
  afterEach(() => bench.remove())

  const hostFile = async (path: string, text: string) => {
    await mkdir(dirname(join(home, path)), { recursive: true })
    await writeFile(join(home, path), text, { mode: 0o600 })
  }
  const build = () =>
    bench.build({
      workshop: {
        host: {
          ...process.env,
          HOME: home,
          CARGO_HOME: undefined,
          npm_config_userconfig: undefined,
          PIP_CONFIG_FILE: undefined,
          GOENV: undefined,
        },
      },
    })

  test('are lent to the steps, without folders of their owner, and are nowhere afterwards', async () => {
    await hostFile('.npmrc', 'cache=/root/.npm\n//r.example/:_authToken=t0k3n\n')
    await hostFile(
      '.pip/pip.conf',
      '[global]\ncache-dir = /root/.cache/pip\nindex-url = https://u:p4ss@pypi.example\n',
    )
    await hostFile('.cargo/config.toml', '[net]\noffline = true\n')
    await hostFile(
      '.m2/settings.xml',
      '<settings><localRepository>/root/.m2</localRepository><x/></settings>\n',
    )
    await hostFile('.config/go/env', 'GOPROXY=https://go.example\nGOPATH=/root/go\n')
    const { artifact } = await build()
    expect(await readIn(artifact.folder, 'seen')).toBe(
      [
        '//r.example/:_authToken=t0k3n',
        '[global]',
        'index-url = https://u:p4ss@pypi.example',
        '[net]',
        'offline = true',
        '<settings><x/></settings>',
        'GOPROXY=https://go.example',
        '',
      ].join('\n'),
    )
    const left = await readdir(bench.workshop.folders.buildHome, { recursive: true })
    expect(
      left.filter((path) => /npmrc|pip\.conf|config\.toml|settings\.xml|go\/env/.test(path)),
    ).toEqual([])
    expect((await bench.log()).join('\n')).not.toMatch(/t0k3n|p4ss/)
  })

  test('never go where a link of an earlier build leads', async () => {
    await hostFile('.config/pip/pip.conf', '[global]\nindex-url = https://u:p4ss@pypi.example\n')
    const outside = join(bench.folder, 'outside')
    await mkdir(join(outside, 'pip'), { recursive: true, mode: 0o777 })
    await writeFile(join(outside, 'pip/pip.conf'), 'mine')
    await mkdir(bench.workshop.folders.buildHome, { recursive: true })
    await symlink(outside, join(bench.workshop.folders.buildHome, '.config'))
    await build()
    expect(await readIn(outside, 'pip/pip.conf')).toBe('mine')
    expect(await readdir(outside)).toEqual(['pip'])
  })
})
