import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

/** A folder of a person's, without git. */
function folderOf(name: string, files: Record<string, string>): string {
  const folder = join(naru.folder, 'plain', name)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const builds = async (app: string) =>
  (
    JSON.parse((await naru.cli(['builds', '--app', app, '--json'])).stdout) as {
      builds: { number: number; status: string; source: string; title: string; by: string }[]
    }
  ).builds

describe('naru deploy of a folder that git has never seen', () => {
  it('makes the app, builds it, goes live, settles, and serves', async () => {
    const folder = folderOf('bakery', { ...webApp({ says: 'bread' }), '.env': 'KEY=hush-4711' })

    const { code, stdout, stderr } = await naru.cli(['deploy'], { folder })

    expect(stderr).toContain('bakery: 3 files, ')
    expect(stderr).toContain('left out, since secrets belong in Naru and not in the code: .env')
    expect(stderr).toContain('bakery is made\n')
    expect(stderr).toMatch(/live at http:\/\/bakery\.localhost:\d+ in \d+\.\d s/)
    expect(stderr).toContain('v1 is stable')
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect((await naru.visit('bakery')).body).toBe('bread')
    expect(await builds('bakery')).toMatchObject([
      {
        number: 1,
        status: 'succeeded',
        source: 'archive',
        title: 'naru deploy: bakery',
        by: 'owner',
      },
    ])
  })

  it('a second time knows that the same files were built before', async () => {
    const folder = folderOf('again', webApp({ says: 'one' }))
    expect((await naru.cli(['deploy'], { folder })).code).toBe(0)

    expect((await naru.cli(['deploy', '--name', 'Once more'], { folder })).code).toBe(0)

    const { stdout } = await naru.cli(['builds', '--app', 'again', '--json'])
    const [second, first] = (
      JSON.parse(stdout) as { builds: { artifact: string; title: string }[] }
    ).builds
    expect(second?.artifact).toBe(first?.artifact)
    expect(second?.title).toBe('naru deploy: Once more')
  })

  it('keeps what is executable, and links within', async () => {
    const server = `const { execFileSync } = require('node:child_process')
require('node:http').createServer((_, response) => response.end(execFileSync('./bin/say').toString())).listen(process.env.PORT, process.env.HOST)
`
    const folder = folderOf('rights', {
      ...webApp({ says: '' }),
      'server.js': server,
      'tools/say.sh': '#!/bin/sh\nprintf spoken\n',
    })
    chmodSync(join(folder, 'tools/say.sh'), 0o755)
    mkdirSync(join(folder, 'bin'))
    symlinkSync('../tools/say.sh', join(folder, 'bin/say'))

    expect((await naru.cli(['deploy'], { folder })).code).toBe(0)
    expect((await naru.visit('rights')).body).toBe('spoken')
  })

  it('ends as a push does: 8 when the build fails, 10 when it gets no release healthy, 7 for its naru.yaml', async () => {
    const good = folderOf('ends', webApp({ says: 'one' }))
    expect((await naru.cli(['deploy'], { folder: good })).code).toBe(0)
    const deploy = (files: Record<string, string>, name: string) =>
      naru.cli(['deploy', folderOf(name, files), '--app', 'ends'])

    const broken = await deploy(
      webApp({ says: 'x', more: 'build:\n  command: echo broken; exit 7\n' }),
      'broken',
    )
    expect(broken.stderr).toContain('(build.step-failed)')
    expect(broken.code).toBe(8)

    const deaf = await deploy(
      webApp({ says: 'x', healthyWithin: '2s', webFirst: 'setInterval(() => {}, 1e3); return' }),
      'deaf',
    )
    expect(deaf.stderr).toContain('v1 is still serving')
    expect(deaf.code).toBe(10)

    const wrong = await deploy({ ...webApp({ says: 'x' }), 'naru.yaml': 'servces: {}\n' }, 'wrong')
    expect(wrong.stderr).toContain('naru.yaml:1:1')
    expect(wrong.code).toBe(7)
    expect((await naru.visit('ends')).body).toBe('one')
  })
})

describe('naru deploy of an archive', () => {
  it('that git made of a commit, or zip of a folder, serves what is in it', async () => {
    const shop = await naru.repository('shop', webApp({ says: 'pushed' }))
    expect((await shop.push()).code).toBe(0)
    await shop.commit({ 'server.js': webApp({ says: 'from a tar.gz' })['server.js'] ?? '' })
    await naru.git(
      ['archive', '--prefix=shop-2.0/', '--output=../shop.tar.gz', 'HEAD'],
      shop.folder,
    )

    const tar = await naru.cli(['deploy', '../shop.tar.gz'], { folder: shop.folder })

    expect(tar.stderr).toContain('everything is in the folder "shop-2.0"')
    expect(tar.code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('from a tar.gz')

    await shop.commit({ 'server.js': webApp({ says: 'from a zip' })['server.js'] ?? '' })
    await naru.git(['archive', '--format=zip', '--output=../shop.zip', 'HEAD'], shop.folder)
    expect((await naru.cli(['deploy', '../shop.zip'], { folder: shop.folder })).code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('from a zip')

    // A push afterwards goes on from the push before.
    const pushed = await shop.deploy({
      'server.js': webApp({ says: 'pushed again' })['server.js'] ?? '',
    })
    expect(pushed.code).toBe(0)
    expect((await naru.visit('shop')).body).toBe('pushed again')
    expect((await builds('shop')).map(({ source }) => source)).toEqual([
      'push',
      'archive',
      'archive',
      'push',
    ])
  })

  it('sends what is not committed yet, and says so', async () => {
    const app = await naru.repository('draft', webApp({ says: 'committed' }))
    writeFileSync(join(app.folder, 'server.js'), webApp({ says: 'not yet' })['server.js'] ?? '')

    const { code, stderr } = await naru.cli(['deploy'], { folder: app.folder })

    expect(stderr).toContain('draft: 3 files, ')
    expect(stderr).toContain('with 1 change that is not committed')
    expect(code).toBe(0)
    expect((await naru.visit('draft')).body).toBe('not yet')
  })

  it('is superseded by a newer one, which the older is told', async () => {
    const slow = webApp({ says: 'slow', more: 'build:\n  command: sleep 600\n' })
    const first = naru.cli(['deploy', folderOf('slow', slow), '--app', 'race'])
    await expect
      .poll(async () => (await naru.cli(['builds', '--app', 'race', '--json'])).stdout, {
        timeout: 60_000,
      })
      .toContain('"running"')

    const second = await naru.cli([
      'deploy',
      folderOf('quick', webApp({ says: 'quick' })),
      '--app',
      'race',
    ])

    expect(second.code).toBe(0)
    const ended = await first
    expect(ended.stderr).toContain('build 1 was superseded by build 2')
    expect(ended.code).toBe(11)
  })
})
