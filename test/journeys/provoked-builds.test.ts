import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Repository } from '../support/naru.ts'
import { expectFailure } from '../support/refusal.ts'

let naru: Naru
let shop: Repository
beforeAll(async () => {
  naru = await Naru.started()
  shop = await naru.repository('shop', webApp({ says: 'one' }))
  expect((await shop.push()).code).toBe(0)
})
afterAll(() => naru.close())

const packageJson = (more: object) => JSON.stringify({ name: 'app', version: '1.0.0', ...more })

describe('naru build --print of what cannot be built', () => {
  let count = 0
  async function print(files: Record<string, string>, environment: Record<string, string> = {}) {
    count += 1
    const folder = join(naru.folder, `print-${count}`)
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    return naru.cli(['build', '--print'], { folder, environment })
  }
  /** Programs that only say which version they are. */
  function withPrograms(programs: Record<string, string>): Record<string, string> {
    const bin = join(naru.folder, `bin-${count}`)
    mkdirSync(bin, { recursive: true })
    for (const [name, says] of Object.entries(programs))
      writeFileSync(join(bin, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 })
    return { PATH: bin }
  }
  const goMain = 'package main\n\nfunc main() {}\n'
  const goApp = { 'go.mod': 'module shop\n\ngo 1.19\n', 'cmd/api/main.go': goMain }

  it('names the tool that the machine has not', async () => {
    const ran = await print(goApp, withPrograms({}))
    expectFailure(
      ran,
      'the repository has go.mod, but Go is not on this machine',
      'build.tool-missing',
    )
  })

  it('names the programs of which each could be web', async () => {
    const files = { ...goApp, 'cmd/admin/main.go': goMain }
    const ran = await print(files, withPrograms({ go: 'go version go1.22.2 linux/amd64' }))
    expectFailure(ran, './cmd/admin and ./cmd/api could all be web', 'build.several-programs')
  })

  it('names the tool that Naru does not build with', async () => {
    expectFailure(await print({ Pipfile: '' }), 'does not build with Pipenv', 'build.unsupported')
  })

  it('names the Node.js that package.json insists on', async () => {
    const files = {
      'package.json': packageJson({ engines: { node: '>=99' }, scripts: { start: 'node .' } }),
      '.npmrc': 'engine-strict=true\n',
    }
    expectFailure(await print(files), 'package.json asks for Node.js >=99', 'build.engine')
  })
})

describe('a push of what cannot be built', () => {
  /** Each in an app of its own, so that none inherits files of another. */
  async function pushed(app: string, files: Record<string, string>) {
    const repository = await naru.repository(app, files)
    return { repository, ran: await repository.push() }
  }

  it('names the submodules whose files are not in it', async () => {
    const repository = await naru.repository('submodule', { 'index.html': '<p>' })
    const theme = join(repository.folder, 'theme')
    mkdirSync(theme)
    await naru.git(['init', '-q'], theme)
    await naru.git(['commit', '-q', '--allow-empty', '-m', 'one'], theme)
    await repository.commit({})
    expectFailure(await repository.push(), 'has git submodules (theme)', 'build.submodules')
  })

  it('names the files that Git LFS keeps elsewhere', async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize 12345\n`
    const files = {
      'index.html': '<p>',
      '.gitattributes': '*.mp4 filter=lfs\n',
      'film.mp4': pointer,
    }
    const { ran } = await pushed('lfs', files)
    expectFailure(ran, 'Git LFS keeps film.mp4 elsewhere', 'build.lfs')
  })

  it('says where no page was made', async () => {
    const { ran } = await pushed('pageless', {
      'package.json': packageJson({ scripts: { build: 'true' } }),
    })
    expectFailure(ran, 'made no page to serve: no index.html in', 'build.no-output')
  })

  it('ends a build at its time limit, and nothing of it can be deployed', async () => {
    const { ran, repository } = await pushed('slow', {
      ...webApp({ says: 'one', more: 'build:\n  command: sleep 1000\n  timeout: 1s\n' }),
    })
    expectFailure(ran, 'ended by the time limit of build 1', 'build.timed-out')
    const deploy = await naru.cli(['deploy', '--build', '1'], { folder: repository.folder })
    expectFailure(deploy, 'build 1 of slow failed, so there is nothing of it', 'build.no-artifact')
  })
})

describe('an app of which Naru has lost something', () => {
  it('whose commits are gone cannot be deployed by them', async () => {
    await naru.git(['init', '-q', '--bare', 'empty.git'], naru.folder)
    const repository = join(naru.data, 'git/shop.git')
    renameSync(repository, join(naru.folder, 'away.git'))
    renameSync(join(naru.folder, 'empty.git'), repository)
    const ran = await naru.cli(['deploy', '--build', '1', '--app', 'shop'])
    rmSync(repository, { recursive: true })
    renameSync(join(naru.folder, 'away.git'), repository)
    expectFailure(ran, 'the repository of shop has no commit', 'commit.unknown')
  })

  it('whose slug is gone neither runs nor starts', async () => {
    rmSync(join(naru.data, 'apps/shop/slugs'), { recursive: true })
    const run = await naru.cli(['run', '--app', 'shop', '--', 'true'])
    expectFailure(run, 'what was built for v1 of shop is gone', 'artifact.missing')
    const deploy = await naru.cli(['deploy', '--build', '1', '--app', 'shop'])
    expectFailure(deploy, 'what was built for v2 of shop is gone', 'artifact.missing')
  })

  it('whose artifact is gone says so, and how to have it again', async () => {
    const db = new Sqlite(join(naru.data, 'naru.db'), { fileMustExist: true })
    db.pragma('foreign_keys = off')
    db.exec("delete from artifacts where app = 'shop'")
    db.close()
    expectFailure(
      await naru.cli(['deploy', '--build', '1', '--app', 'shop']),
      'is no longer kept',
      'build.gone',
    )
  })
})
