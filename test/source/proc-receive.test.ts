import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { encodePacket, type Packet } from '../../src/source/pkt-line.ts'
import { procReceive, type RefCommand, type RefResult } from '../../src/source/proc-receive.ts'

const zero = '0'.repeat(40)
const one = '1'.repeat(40)
const wire = (...packets: (Packet | string)[]) => Buffer.concat(packets.map(encodePacket))

/** Git says `said`; what the hook answers after it decided so. */
async function talk(
  said: Buffer,
  decide: (commands: RefCommand[]) => RefResult[],
): Promise<string> {
  const input = new PassThrough()
  const output = new PassThrough()
  input.end(said)
  await procReceive({ input, output }, async (commands) => decide(commands))
  return String(output.read())
}

const main = 'refs/heads/main'
const hello = wire('version=1\0atomic', 'flush')
const ok = (commands: RefCommand[]) => commands.map(({ ref }): RefResult => ({ ref, ok: true }))

describe('the proc-receive hook', () => {
  it('tells what a push asks for, and reports each answer in the order it was asked', async () => {
    const asked = wire(`${zero} ${one} ${main}`, `${one} ${zero} refs/heads/한글 `, 'flush')
    let seen: RefCommand[] = []
    const answer = await talk(Buffer.concat([hello, asked]), (commands) => {
      seen = commands
      return [
        { ref: 'refs/heads/한글 ', ok: true },
        { ref: main, ok: false, reason: 'not healthy' },
      ]
    })
    expect(seen).toEqual([
      { old: zero, new: one, ref: main },
      { old: one, new: zero, ref: 'refs/heads/한글 ' },
    ])
    expect(answer).toBe(
      wire(
        'version=1\0',
        'flush',
        `ng ${main} not healthy\n`,
        'ok refs/heads/한글 \n',
        'flush',
      ).toString(),
    )
  })

  it('takes and ignores push options where git offers them', async () => {
    const said = wire(
      'version=1\0push-options atomic',
      'flush',
      `${zero} ${one} ${main}\n`,
      'flush',
      'ci.skip',
      'flush',
    )
    expect(await talk(said, ok)).toBe(
      wire('version=1\0push-options', 'flush', `ok ${main}\n`, 'flush').toString(),
    )
  })

  it('gives a reason in one line that steers no terminal and fits a packet', async () => {
    const said = Buffer.concat([hello, wire(`${zero} ${one} ${main}`, 'flush')])
    const reason = `a\r\nok refs/heads/x\0\u001b[2J${'x'.repeat(100_000)}`
    const answer = await talk(said, ([command]) => [{ ref: command?.ref ?? '', ok: false, reason }])
    expect(answer).toContain(`ng ${main} a ok refs/heads/x [2Jxxx`)
    expect(answer.length).toBeLessThan(1200)
  })

  it.each([
    ['another version', wire('version=2\0', 'flush')],
    ['nothing', Buffer.alloc(0)],
    ['an end in the middle', Buffer.concat([hello, wire(`${zero} ${one} ${main}`)])],
    ['a command that is none', Buffer.concat([hello, wire('hello', 'flush')])],
  ])('fails, so that git refuses the push, on %s', async (_, said) => {
    await expect(talk(said, ok)).rejects.toMatchObject({ code: 'git.failed' })
  })

  it('fails when there is no answer for a ref', async () => {
    const said = Buffer.concat([hello, wire(`${zero} ${one} ${main}`, 'flush')])
    await expect(talk(said, () => [])).rejects.toThrow('no answer for refs/heads/main')
  })
})
