import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Rig } from './rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await Rig.made()
})
afterAll(() => rig.remove())

describe('a failure of a command with --json', () => {
  it('is one line of data on stderr, with the exit code of always', async () => {
    const { code, stdout, stderr } = await rig.naru(['settings', 'set', '1A=2', '--json'])

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(JSON.parse(stderr)).toEqual({
      failure: {
        code: 'name.invalid',
        facts: { what: 'setting', name: '1A' },
        message: expect.stringContaining('"1A"'),
        hint: expect.any(String),
      },
    })
  })

  it('is data too when the command line is what is wrong', async () => {
    const { code, stderr } = await rig.naru(['statsu', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ failure: { code: 'usage.invalid' } })
  })
})
