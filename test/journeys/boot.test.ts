import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru } from '../support/naru.ts'
import { expectRefusal } from '../support/refusal.ts'

let naru: Naru

/** As far as Naru can tell, systemd: it starts what the unit says when it is told to, and writes down what it was asked. */
const systemctl = `#!/usr/bin/env node
const { appendFileSync, readFileSync } = require('node:fs')
const { spawn } = require('node:child_process')
const { join } = require('node:path')
const folder = process.env.STANDIN
const asked = process.argv.slice(2).filter((word) => word !== '--user')
appendFileSync(join(folder, 'asked'), asked.join(' ') + '\\n')
if (asked[0] === 'is-system-running') console.log('running')
if (asked[0] === 'restart') {
  const units = process.getuid() === 0 ? '/etc/systemd/system' : process.env.XDG_CONFIG_HOME + '/systemd/user'
  const unit = readFileSync(join(units, asked[1]), 'utf8')
  const line = unit.split('\\n').find((one) => one.startsWith('ExecStart=')).slice('ExecStart='.length)
  const [program, ...args] = JSON.parse('[' + line.replace(/" "/g, '","') + ']')
  spawn(program, args, { detached: true, stdio: 'ignore', cwd: '/', env: { PATH: process.env.PATH } }).unref()
}
`

let environment: Record<string, string>

beforeEach(async () => {
  naru = await Naru.create()
  const bin = join(naru.folder, 'bin')
  mkdirSync(bin)
  for (const program of ['systemctl', 'loginctl']) {
    writeFileSync(join(bin, program), systemctl)
    chmodSync(join(bin, program), 0o755)
  }
  environment = {
    PATH: `${bin}:${process.env['PATH']}`,
    STANDIN: naru.folder,
    XDG_CONFIG_HOME: join(naru.home, '.config'),
  }
})
afterEach(() => naru.close())

const at = () => ['--http', `127.0.0.1:${naru.http}`, '--api', `127.0.0.1:${naru.api}`]
const asked = () => readFileSync(join(naru.folder, 'asked'), 'utf8').trim().split('\n')

describe('naru up --at-boot', () => {
  it('hands a server that runs over to systemd, while its apps go on; naru down --at-boot undoes it', async () => {
    await naru.up()
    const shop = await naru.repository('shop', webApp({ says: 'one' }))
    expect((await shop.push()).code).toBe(0)
    const [before] = [naru.pid()]
    const [instance] = (await naru.status('shop')).instances

    const up = await naru.cli(['up', '--at-boot', ...at()], { environment })

    expect(up).toMatchObject({ code: 0 })
    const file = /It comes up at every boot: (\S+)/.exec(up.stdout)?.[1] ?? ''
    expect(existsSync(file)).toBe(true)
    expect(asked()).toEqual(
      expect.arrayContaining(['daemon-reload', expect.stringMatching(/^enable naru-/)]),
    )
    expect(naru.pid()).not.toBe(before)
    expect((await naru.status('shop')).instances).toMatchObject([{ pid: instance?.pid }])
    expect((await naru.visit('shop')).body).toBe('one')
    expect((await naru.cli(['doctor'], { environment })).stdout).toContain(
      `comes up at boot (${file})`,
    )

    const down = await naru.cli(['down', '--at-boot'], { environment })

    expect(down).toMatchObject({ code: 0, stdout: expect.stringContaining('is gone') })
    expect(existsSync(file)).toBe(false)
    expect(asked()).toEqual(expect.arrayContaining([expect.stringMatching(/^disable naru-/)]))
  })

  it('says what to do where neither systemd nor launchd runs', async () => {
    const bin = join(naru.folder, 'bin')
    for (const name of ['systemctl'])
      writeFileSync(join(bin, name), '#!/bin/sh\necho offline\nexit 1\n')
    const up = await naru.cli(['up', '--at-boot', ...at()], { environment })
    expectRefusal(up, 'neither systemd nor launchd runs here', 'boot.unsupported')
    expect(up.output).toContain('naru up --foreground')
  })

  it('keeps nothing that systemd did not take', async () => {
    const bin = join(naru.folder, 'bin')
    const refuses =
      '#!/bin/sh\ncase "$*" in *is-system*) echo running;; *enable*) echo "Access denied" >&2; exit 1;; esac\n'
    writeFileSync(join(bin, 'systemctl'), refuses)
    const up = await naru.cli(['up', '--at-boot', ...at()], { environment })
    expectRefusal(up, 'Access denied', 'boot.failed')
    expect((await naru.cli(['doctor'], { environment })).stdout).toContain(
      'does not come up at boot',
    )
  })

  it('lets a server that runs go on as it did where systemd refuses everything', async () => {
    await naru.up()
    const shop = await naru.repository('shop', webApp({ says: 'one' }))
    expect((await shop.push()).code).toBe(0)
    const refuses =
      '#!/bin/sh\ncase "$*" in *is-system*) echo running;; *) echo "Access denied" >&2; exit 1;; esac\n'
    writeFileSync(join(naru.folder, 'bin/systemctl'), refuses)

    const up = await naru.cli(['up', '--at-boot', ...at()], { environment })

    expectRefusal(up, 'Access denied', 'boot.failed')
    expect((await naru.status('shop')).serving).toBe(1)
    expect((await naru.visit('shop')).body).toBe('one')
    expect((await naru.cli(['doctor'], { environment })).stdout).toContain(
      'does not come up at boot',
    )
  })

  it('is undone as often as somebody likes', async () => {
    expect((await naru.cli(['up', '--at-boot', ...at()], { environment })).code).toBe(0)
    const undo = () => naru.cli(['down', '--at-boot'], { environment })
    expect((await undo()).stdout).toContain('is gone')
    const again = await undo()
    expect(again.code).toBe(0)
    expect(again.stdout).not.toContain('is gone')
    expect((await naru.cli(['up', '--at-boot', ...at()], { environment })).code).toBe(0)
    expect((await undo()).code).toBe(0)
  })
})
