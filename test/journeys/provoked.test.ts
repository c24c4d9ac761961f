import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarOf } from '../source/tar.ts'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository, run } from '../support/naru.ts'
import { expectFailure, expectInBoth } from '../support/refusal.ts'
import { StandIn } from '../support/stand-in.ts'

let naru: Naru
let shop: Repository
let store: Repository
/** A folder that belongs to no app. */
let aside: string
beforeAll(async () => {
  naru = await Naru.started()
  shop = await naru.repository('shop', webApp({ says: 'one' }))
  store = await naru.repository('store', webApp({ says: 'one' }))
  expect((await shop.push()).code).toBe(0)
  expect((await naru.cli(['env', 'create', 'staging', '--app', 'shop'])).code).toBe(0)
  aside = join(naru.folder, 'aside')
  mkdirSync(aside)
})
afterAll(() => naru.close())

describe('what the command line is asked for and cannot be done is said in three lines', () => {
  const long = 'a'.repeat(40)
  it.each([
    ['naru stauts', 'naru has no command "stauts"', 'usage.invalid'],
    ['naru rollback latest', '"latest" is no release', 'argument.invalid'],
    ['naru releases', 'nothing here says which app is meant', 'app.unnamed'],
    ['naru status --app shpo', 'there is no app "shpo"', 'app.unknown'],
    ['naru status --app shop --env prod', 'shop has no environment "prod"', 'environment.unknown'],
    ['naru apps --context work', 'there is no context "work"', 'context.unknown'],
    ['naru tokens revoke grace', 'there is no token "grace"', 'token.unknown'],
    [
      'naru env create staging --app shop',
      'an environment "staging" already',
      'environment.exists',
    ],
    ['naru env create Prod --app shop', '"Prod" cannot be the name', 'name.invalid'],
    ['naru env create hot --branch main --app shop', 'deploy the branch "main"', 'branch.taken'],
    [
      'naru env destroy production --confirm production --app shop',
      'production cannot be removed alone',
      'environment.production',
    ],
    ['naru destroy --app shop --confirm shpo', '"shpo" was given to confirm', 'confirm.mismatch'],
    ['naru settings unset COLOUR --app shop', 'shop has no setting "COLOUR"', 'setting.unknown'],
    ['naru secret unset KEY --app shop', 'shop has no secret "KEY"', 'secret.unknown'],
    ['naru settings import none.env --app shop', 'none.env cannot be used', 'file.unreadable'],
    ['naru builds show 99 --app shop', 'shop has no build 99', 'build.unknown'],
    ['naru builds cancel 1 --app shop', 'build 1 of shop is over', 'build.over'],
    ['naru rollback v99 --app shop', 'shop has no release v99', 'release.unknown'],
    ['naru rollback v1 --app shop', 'v1 of shop is serving already', 'release.serving'],
    ['naru rollback --app shop --env staging', 'shop has no release in staging', 'release.none'],
    ['naru deployments show 99 --app shop', 'shop has no deployment 99', 'deployment.unknown'],
    ['naru deployments abort 1 --app shop', 'deployment 1 of shop is over', 'deployment.over'],
    ['naru deploy --again --app store', 'nothing was ever deployed', 'deployment.none'],
    ['naru promote staging --app shop', 'nothing is stable in staging', 'promotion.none'],
    ['naru promote production --app shop', 'cannot be promoted to itself', 'promotion.same'],
    ['naru scale wroker=2 --app shop', 'has no service "wroker"', 'service.unknown'],
    ['naru scale web=0 --app shop', 'every visitor is turned away', 'scale.zero'],
    ['naru jobs run migrate --app shop', 'v1 of shop has no job "migrate"', 'job.unknown'],
    ['naru jobs show 99 --app shop', 'shop has no run 99', 'run.unknown'],
    ['naru run --app store -- true', 'nothing of store serves in production', 'run.no-release'],
    ['naru logs --tail 99999999 --app shop', 'a number up to', 'request.invalid'],
    ['naru deploy none.zip --app shop', 'there is no folder and no archive', 'archive.missing'],
    [`naru env create ${long}-${long} --app shop`, 'cannot be the name', 'name.invalid'],
  ] as const)('%s', async (typed, said, code) => {
    const args = typed.split(' ').slice(1)
    await expectInBoth(
      (language) => naru.cli(['--lang', language, ...args], { folder: aside }),
      said,
      code,
    )
  })

  it('naru env create in an app of a long name', async () => {
    await naru.repository(long, webApp({ says: 'one' }))
    const args = ['env', 'create', 'a-rather-long-environment', '--app', long]
    await expectInBoth(
      (language) => naru.cli([...args, '--lang', language]),
      'no part of a host name',
      'host.too-long',
    )
  })

  it('naru secret set with more than the server takes', async () => {
    const args = ['secret', 'set', 'KEY', '--app', 'shop']
    const set = (letters: number) => naru.cli(args, { input: 'a'.repeat(letters) })
    expectFailure(await set(100_000), 'it is larger than 64 KiB', 'value.invalid')
    expectFailure(await set(3_000_000), 'its body is larger than 1024 KiB', 'request.too-large')
  })
})

describe('a server that is asked in the wrong way says so', () => {
  const at = (environment: Record<string, string>, ...args: string[]) =>
    naru.cli(args, {
      folder: aside,
      environment: { NARU_DATA: join(aside, 'none'), ...environment },
    })
  const api = () => `http://127.0.0.1:${naru.api}`

  it('without a token, with a wrong one, and with one that may not', async () => {
    expectFailure(await at({ NARU_API: api() }, 'apps'), 'none was sent', 'token.missing')
    expectFailure(
      await at({ NARU_API: api(), NARU_TOKEN: 'x' }, 'apps'),
      'does not know the token',
      'token.invalid',
    )
    const made = await naru.cli(['tokens', 'create', 'guest', '--kind', 'reader'])
    const reader = { NARU_API: api(), NARU_TOKEN: made.stdout.trim() }
    expectFailure(
      await at(reader, 'settings', 'set', 'A=1', '--app', 'shop'),
      'lacks the permission',
      'permission.denied',
    )
    expectFailure(await naru.cli(['tokens', 'create', 'guest']), 'a token "guest"', 'token.exists')
    expectFailure(await naru.cli(['tokens', 'revoke', 'owner']), 'put back', 'token.owners')
  })

  it('of a version that has not what is asked for, or that is not there at all', async () => {
    const older = await StandIn.started()
    expectFailure(await at(older.environment, 'tokens'), 'no path /v1/tokens', 'path.unknown')
    await older.stop()
    const NARU_TOKEN = naru.token()
    expectFailure(
      await at({ NARU_API: 'http://127.0.0.1:1', NARU_TOKEN }, 'apps'),
      'no Naru server answers at http://127.0.0.1:1',
      'server.unreachable',
    )
  })
})

it('naru init in a repository that another git holds says what git said', async () => {
  const lock = join(shop.folder, '.git/config.lock')
  writeFileSync(lock, '')
  const ran = await naru.cli(['init'], { folder: shop.folder })
  rmSync(lock)
  expectFailure(ran, 'could not lock config file', 'git.failed')
  expect((await naru.cli(['init'], { folder: shop.folder })).code).toBe(0)
})

describe('a push that is none', () => {
  it.each([
    [[':main'], '"main" cannot be deleted here', 'push.deletion'],
    [['HEAD:refs/notes/x'], 'only branches are deployed', 'push.not-a-branch'],
    [['HEAD:feature'], 'deploys the branch "feature"', 'push.branch'],
    [['HEAD:refs/tags/v1'], 'a tag is not deployed', 'push.tag'],
    [['HEAD:main', 'HEAD:feature'], 'one push deploys one branch', 'push.several'],
  ] as const)('%j is refused, and what serves serves on', async (refs, said, code) => {
    await shop.commit({ more: refs.join(' ') })
    expectFailure(await shop.push(...refs), said, code)
    expect((await naru.visit('shop')).body).toBe('one')
  })

  it('of a host that another app has, or without a secret that it names, is refused before it is built', async () => {
    const routes = 'routes:\n  - host: shop.localhost\n    service: web\n'
    expectFailure(
      await store.deploy(webApp({ says: 'one', more: routes })),
      'the host shop.localhost belongs to shop',
      'host.taken',
    )
    expectFailure(
      await store.deploy(webApp({ says: 'one', more: 'secrets: [SESSION_KEY]\n' })),
      'store needs a secret that has no value yet: SESSION_KEY',
      'secret.missing',
    )
    expectFailure(
      await store.deploy(webApp({ says: 'one', more: 'colour: red\n' })),
      'naru.yaml:',
      'spec.invalid',
    )
  })
})

describe('an archive that cannot be deployed', () => {
  const folder = (name: string) => {
    const path = join(aside, name)
    mkdirSync(path, { recursive: true })
    return path
  }
  const deploy = (path: string) => naru.cli(['deploy', path, '--app', 'store'], { folder: aside })

  it('of another kind, cut off, with a path out of it, or with nothing in it is refused', async () => {
    writeFileSync(join(aside, 'shop.rar'), 'Rar!\x1a\x07\x00and more')
    expectFailure(await deploy('shop.rar'), 'is a RAR archive', 'archive.unknown')
    expectFailure(await deploy(folder('empty')), 'holds no file to deploy', 'archive.empty')
    writeFileSync(join(aside, 'evil.tar'), tarOf([{ path: '../../passwd', content: 'x' }]))
    expectFailure(await deploy('evil.tar'), 'its path leads out of the archive', 'archive.entry')
    const good = gzipSync(tarOf([{ path: 'index.html', content: randomBytes(3000) }]))
    writeFileSync(join(aside, 'cut.tar.gz'), good.subarray(0, 2000))
    expectFailure(await deploy('cut.tar.gz'), 'is cut off', 'archive.broken')
    writeFileSync(join(folder('huge'), 'zeros'), '')
    truncateSync(join(aside, 'huge/zeros'), 3 * 2 ** 30) // Sparse: no disk is filled by it.
    expectFailure(await deploy('huge'), 'larger than 2 GB together', 'archive.too-large')
  })

  it('with a folder in it that may not be read is refused', async () => {
    chmodSync(folder('locked/inside'), 0)
    // Root may read everything, unless it gives up that it may.
    const mayNot = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all']
    const [program, ...first] =
      process.getuid?.() === 0 ? ['setpriv', ...mayNot, process.execPath] : [process.execPath]
    const args = [
      ...first,
      join('dist', 'cli.cjs'),
      'deploy',
      join(aside, 'locked'),
      '--app',
      'store',
    ]
    const ran = await run(program ?? '', args, { environment: naru.environment() })
    expectFailure(ran, '"inside" cannot be packed: you may not read it', 'archive.unreadable')
  })
})
