import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { launchdList } from '../../src/cli/boot/launchd.ts'
import { serviceName } from '../../src/cli/boot/service.ts'
import { systemdUnit } from '../../src/cli/boot/systemd.ts'
import { run } from '../support/naru.ts'

const odd = {
  name: 'naru-srv',
  node: process.execPath,
  args: ['--data', '/srv/a b/"100%" $HOME\\x', '--domain=a&b<c>', 'two\nlines'],
  path: '/usr/bin:/opt/a $b 100%:/bin',
}

describe('a service that starts at boot', () => {
  it('has a name of its own for each data folder', () => {
    expect(serviceName('/var/lib/naru', '/var/lib/naru')).toBe('naru')
    expect(serviceName('/srv/naru', '/var/lib/naru')).toBe('naru-srv-naru')
    const alike = [
      '/srv/my/data',
      '/srv/my-data',
      '/srv/my data',
      '/srv/my_data',
      '/srv/데이터',
      '/srv/자료',
      '/srv',
    ]
    const long = ['a', 'b'].map((end) => `/srv/${'x'.repeat(300)}${end}`)
    const names = [...alike, ...long].map((data) => serviceName(data, '/var/lib/naru'))
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^naru-[A-Za-z0-9-]{1,90}$/)
    expect(serviceName('/srv/my data', '/')).toMatch(/^naru-srv-my-data-[0-9a-f]{8}$/)
  })

  it('is a unit that systemd takes, whatever is in its paths', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'naru-unit-'))
    try {
      const file = join(folder, 'naru-srv.service')
      writeFileSync(file, systemdUnit(odd, 'multi-user.target'))

      const { code, output } = await run('systemd-analyze', ['verify', '--man=no', file])

      expect({
        code,
        about: output.split('\n').filter((line) => line.includes('naru-srv')),
      }).toEqual({
        code: 0,
        about: [],
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('leaves router and apps alone when it is restarted, and stays down after naru down', () => {
    const unit = systemdUnit(odd, 'default.target')
    expect(unit).toContain('KillMode=process')
    expect(unit).toContain('Restart=on-failure')
    expect(unit).toContain('"/srv/a b/\\"100%%\\" $$HOME\\\\x"')
    expect(unit).toContain('"two\\nlines"')
    expect(unit).toContain('Environment="PATH=/usr/bin:/opt/a $b 100%%:/bin"')
    expect(unit).toContain('WantedBy=default.target')
  })

  it('is a property list that reads back as it was meant', () => {
    const read =
      'import json,plistlib,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'
    const list: unknown = JSON.parse(
      execFileSync('python3', ['-c', read], { input: launchdList(odd) }).toString(),
    )
    expect(list).toEqual({
      Label: 'naru-srv',
      ProgramArguments: [odd.node, ...odd.args],
      EnvironmentVariables: { PATH: odd.path },
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      AbandonProcessGroup: true,
    })
  })
})
