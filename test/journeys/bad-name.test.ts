import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Ran, type Repository } from '../support/naru.ts'
import { stackFrame } from '../support/refusal.ts'

let naru: Naru
let shop: Repository
beforeAll(async () => {
  naru = await Naru.started()
  const server = `require('node:http').createServer((request, response) => response.end(process.env.GREETING ?? 'none')).listen(process.env.PORT, process.env.HOST)\n`
  shop = await naru.repository('shop', { ...webApp({ says: '' }), 'server.js': server })
  expect((await shop.push()).code).toBe(0)
})
afterAll(() => naru.close())

/** Nothing ran, nothing was made, and what serves serves on. */
async function harmless({ code, output }: Ran, exit: number, said: string): Promise<void> {
  expect({ code, output }).toMatchObject({ code: exit, output: expect.stringContaining(said) })
  expect(output).not.toMatch(stackFrame)
  for (const folder of [shop.folder, naru.data, naru.folder, '/'])
    expect(existsSync(join(folder, 'hacked'))).toBe(false)
  expect((await naru.visit('shop')).status).toBe(200)
  expect((await naru.cli(['apps'])).stdout).toMatch(/^(?:APP.*\n)?shop /)
}

const hostile = [
  'x; touch hacked',
  '$(touch hacked)',
  '`touch hacked`',
  '../shop',
  '../../etc/passwd',
  'a/b',
  '/',
  '-rf',
  '--upload-pack=touch hacked',
  'two\nlines',
  '',
  '.',
  'UPPER',
  'é',
  'x'.repeat(300),
]

describe('an app', () => {
  it.each(hostile)('that is asked for as %j is refused by its name', async (name) => {
    for (const command of [
      ['status'],
      ['logs'],
      ['rollback'],
      ['settings', 'set', 'A=1'],
      ['destroy', '--confirm', 'shop'],
    ])
      await harmless(await naru.cli([...command, `--app=${name}`]), 2, '(name.invalid)')
  })

  it.each(hostile)('is not made as %j', async (name) => {
    const ran = await naru.cli(['init', `--app=${name}`], { folder: shop.folder })
    await harmless(ran, 2, '(name.invalid)')
    const remote = await naru.git(['remote', 'get-url', 'naru'], shop.folder)
    expect(remote.stdout).toContain('/git/shop.git')
  })

  it('whose repository is pushed to under such a name is not there', async () => {
    for (const name of ['..%2fshop', '%2e%2e/shop', 'x;touch%20hacked', '-rf', 'a%00b', 'nobody']) {
      const url = `http://naru:${naru.token()}@127.0.0.1:${naru.api}/git/${name}.git`
      const { code, output } = await naru.git(['push', '--', url, 'main'], shop.folder)
      await harmless({ code, output, stdout: '', stderr: '' }, 128, 'fatal: ')
    }
  })
})

describe('a setting', () => {
  it.each([
    'x;touch hacked=1',
    '$(touch hacked)=1',
    '`touch hacked`=1',
    'A B=1',
    '../A=1',
    'A/B=1',
    'A\nB=1',
    '1A=1',
    '=1',
    'É=1',
  ])('is not set as %j', async (pair) => {
    const ran = await naru.cli(['settings', 'set', '--app', 'shop', '--', pair])
    await harmless(ran, 2, '(name.invalid)')
    const name = pair.slice(0, -2)
    const gone = await naru.cli(['settings', 'unset', '--app', 'shop', '--', name])
    expect(gone.code).not.toBe(0)
  })

  it('that begins with a dash is an option that there is not', async () => {
    const ran = await naru.cli(['settings', 'set', '--app', 'shop', '-A=1'])
    await harmless(ran, 2, '(usage.invalid)')
    const pair = await naru.cli(['settings', 'set', '--app', 'shop', '--', '-A=1'])
    await harmless(pair, 2, '(name.invalid)')
  })

  it('that Naru gives to every instance itself is refused', async () => {
    for (const name of ['PORT', 'PATH', 'HOME', 'NARU_APP'])
      await harmless(
        await naru.cli(['settings', 'set', '--app', 'shop', `${name}=1`]),
        2,
        '(value.invalid)',
      )
  })

  it.each([
    'x; touch hacked',
    '$(touch hacked)',
    '`touch hacked`',
    '../../etc/passwd',
    '-rf',
    'two\nlines',
    ' "quoted" \'twice\' \\ ',
    'é😀',
    '=',
  ])('whose value is %j reaches the app as it is', async (value) => {
    const ran = await naru.cli(['settings', 'set', '--app', 'shop', `GREETING=${value}`])
    await harmless(ran, 0, '')
    expect((await naru.visit('shop')).body).toBe(value)
  })

  it('that is too large is refused', async () => {
    const ran = await naru.cli(['settings', 'set', '--app', 'shop', `BIG=${'x'.repeat(70_000)}`])
    await harmless(ran, 2, 'it is larger than 64 KiB')
    expect(ran.output).not.toContain('xxx')
  })
})

describe('a secret', () => {
  it.each(['x;touch hacked', '$(touch hacked)', '`touch hacked`', '../A', 'A\nB', '1A'])(
    'is not set as %j',
    async (name) => {
      const ran = await naru.cli(['secret', 'set', '--app', 'shop', '--', name], { input: 'hush' })
      await harmless(ran, 2, '(name.invalid)')
    },
  )

  it('whose value has the character NUL in it is refused, and the value not said', async () => {
    const ran = await naru.cli(['secret', 'set', 'KEY', '--app', 'shop'], { input: 'hush\0hush' })
    await harmless(ran, 2, 'it contains the character NUL')
    expect(ran.output).not.toContain('hush')
  })

  it('whose value no shell would take reaches the app as it is', async () => {
    await naru.cli(['settings', 'unset', 'GREETING', '--app', 'shop', '--no-deploy'])
    const value = `; touch hacked $(touch hacked) \`touch hacked\` "'\\ -rf\nlast`
    await shop.commit({ 'naru.yaml': `${webApp({ says: '' })['naru.yaml']}secrets: [GREETING]\n` })
    const ran = await naru.cli(['secret', 'set', 'GREETING', '--app', 'shop'], { input: value })
    expect(ran.code).toBe(0)

    expect((await shop.push()).code).toBe(0)

    expect((await naru.visit('shop')).body).toBe(value)
  })
})
