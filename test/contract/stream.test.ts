import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Message, readMessages } from '../../src/contract/stream.ts'

async function* chunked(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function readAll(text: string, size = 1000): Promise<Message[]> {
  const messages: Message[] = []
  for await (const message of readMessages(chunked(text, size))) messages.push(message)
  return messages
}

describe('a stream of server-sent events', () => {
  it('is read message by message, with comments left out', async () => {
    expect(
      await readAll(': hello\n\nid: 7\nevent: line\ndata: {"a":\ndata: 1}\n\ndata:x\r\n\r\n'),
    ).toEqual([
      { id: '7', event: 'line', data: '{"a":\n1}' },
      { id: null, event: 'message', data: 'x' },
    ])
  })

  it('leaves out a message that was cut off in the middle', async () => {
    expect(await readAll('data: whole\n\nid: 2\ndata: hal')).toEqual([
      { id: null, event: 'message', data: 'whole' },
    ])
  })

  it('is the same however it was cut into pieces', async () => {
    const messages = fc.array(fc.record({ id: fc.nat(), data: fc.string({ unit: 'grapheme' }) }))
    await fc.assert(
      fc.asyncProperty(messages, fc.integer({ min: 1, max: 9 }), async (sent, size) => {
        const text = sent
          .map(({ id, data }) => `id: ${id}\nevent: line\ndata: ${JSON.stringify(data)}\n\n`)
          .join('')
        const read = await readAll(text, size)
        expect(read.map(({ data }) => JSON.parse(data))).toEqual(sent.map(({ data }) => data))
      }),
    )
  })
})
