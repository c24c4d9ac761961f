import { mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DoctorFinding } from '../../src/contract/doctor.ts'
import { webApp } from '../support/apps.ts'
import { Naru } from '../support/naru.ts'

let naru: Naru

beforeEach(async () => {
  naru = await Naru.create()
})
afterEach(() => naru.close())

const findings = async (environment: Record<string, string> = {}): Promise<DoctorFinding[]> => {
  const { stdout } = await naru.cli(['doctor', '--json'], { environment })
  return (JSON.parse(stdout) as { findings: DoctorFinding[] }).findings
}

describe('naru doctor', () => {
  it('says before the first start what there is and what to type', async () => {
    const { code, stdout, stderr } = await naru.cli(['doctor'])

    // The usual ports may be taken on this machine, which is a reason to fail, and a good one.
    expect([0, 1]).toContain(code)
    for (const said of [
      /✓ Node\.js 2\d/,
      /✓ git 2\./,
      /free of/,
      /no server runs/,
      /→ naru up/,
      /locale/,
      /clock/,
    ])
      expect(stdout).toMatch(said)
    expect(stdout + stderr).not.toMatch(/undefined|\[object|NaN/)
  })

  it('shows each bound of a running server and what is used of it', async () => {
    await naru.up()
    const shop = await naru.repository('shop', webApp({ says: 'one' }))
    expect((await shop.push()).code).toBe(0)

    const found = await findings()
    const bounds = found.filter(({ about }) => about === 'bound').map(({ facts }) => facts)

    for (const what of [
      'instance-logs',
      'build-logs',
      'events',
      'server-log',
      'database',
      'git',
      'cache',
    ])
      expect(bounds).toContainEqual(expect.objectContaining({ what, used: expect.any(Number) }))
    expect(found).toContainEqual(
      expect.objectContaining({
        about: 'server',
        state: 'good',
        facts: expect.objectContaining({ running: true }),
      }),
    )
    expect(found.filter(({ state }) => state === 'bad')).toEqual([])
    expect((await naru.cli(['doctor'])).code).toBe(0)
  })

  it('fails, and says who it is, where another program has the port', async () => {
    await naru.up()
    await naru.cli(['down'])
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(naru.http, '127.0.0.1', resolve))
    try {
      const { code, stdout, stderr } = await naru.cli(['doctor'])
      expect(code).toBe(1)
      expect(stdout).toMatch(
        new RegExp(
          `✖ 127\\.0\\.0\\.1:${naru.http} \\(--http\\) is taken by \\S+ \\(pid ${process.pid}\\)`,
        ),
      )
      expect(stderr).toContain('(doctor.bad)')
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
  })

  it('fails where there is no git', async () => {
    const bin = join(naru.folder, 'bin')
    mkdirSync(bin)
    symlinkSync(process.execPath, join(bin, 'node'))

    const found = await findings({ PATH: bin })

    expect(found).toContainEqual({
      about: 'git',
      state: 'bad',
      facts: { version: null, needed: '2.29', fits: false },
    })
  })
})
