import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await Rig.made()
})
afterAll(() => rig.remove())

type Finding = { about: string; state: string; facts: Record<string, unknown> }

const look = async (data: string, environment: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await rig.naru(['doctor', '--json', '--data', data], {
    environment,
  })
  const { findings } = JSON.parse(stdout) as { findings: Finding[] }
  return { code, stderr, of: (about: string) => findings.find((one) => one.about === about) }
}

describe('naru doctor', () => {
  it('finds fault with a data folder that is a file, or lies in one', async () => {
    const file = rig.write('a-file', '')
    for (const data of [file, join(file, 'below')]) {
      const { code, of } = await look(data)
      expect(of('data'), data).toMatchObject({ state: 'bad', facts: { writable: false } })
      expect(code).toBe(1)
    }
    const said = await rig.naru(['doctor', '--data', file])
    expect(said.stdout).toMatch(/✖ .*a-file/)
  })

  it('takes any folder name, and one that is not there yet', async () => {
    for (const name of ['two words', '데이터', "quo'te", 'new/and/deep']) {
      const { of } = await look(join(rig.folder, name))
      expect(of('data'), name).toMatchObject({ state: 'good', facts: { exists: false } })
      expect(of('disk'), name).toMatchObject({ state: expect.not.stringContaining('bad') })
    }
  })

  it.each(['null', '5', '{}', '[]', '{"api":7}', '{"api":"no address"}', 'torn {'])(
    'knows of no server where server.json says %s, and sends the token nowhere',
    async (text) => {
      const data = join(rig.folder, 'strange')
      mkdirSync(data, { recursive: true })
      writeFileSync(join(data, 'server.json'), text)
      writeFileSync(join(data, 'token'), 'sesame')
      const { of } = await look(data)
      expect(of('server')).toMatchObject({ facts: { running: false } })
      const asked: string[] = []
      const stranger = createServer((request, response) => {
        asked.push(`${request.headers.authorization}`)
        response.writeHead(404).end()
      })
      await new Promise<void>((resolve) =>
        stranger.listen(7878, '127.0.0.1', resolve).on('error', () => resolve()),
      )
      const { code, stderr } = await rig.naru(['apps', '--data', data])
      stranger.close()
      expect(code).toBe(5)
      expect(stderr).toContain('(server.unreachable)')
      expect(asked).toEqual([])
    },
  )

  it('says which git there is, and which is needed, with none and with one that says nothing useful', async () => {
    const bin = join(rig.folder, 'bin')
    mkdirSync(bin)
    const data = join(rig.folder, 'fresh')
    expect((await look(data)).of('git')).toMatchObject({ state: 'good', facts: { needed: '2.29' } })
    const none = await look(data, { PATH: bin })
    expect(none.of('git')).toMatchObject({ state: 'bad', facts: { version: null } })
    for (const [says, version] of [
      ['git version 2.20.1', '2.20.1'],
      ['who knows', null],
    ]) {
      writeFileSync(join(bin, 'git'), `#!/bin/sh\necho "${says}"\n`)
      chmodSync(join(bin, 'git'), 0o755)
      const { of } = await look(data, { PATH: bin })
      expect(of('git')).toMatchObject({ state: 'bad', facts: { version, fits: false } })
    }
  })
})
