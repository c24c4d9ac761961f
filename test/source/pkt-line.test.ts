import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import {
  encodeLine,
  encodePacket,
  type Packet,
  packetLimitBytes,
  readPackets,
} from '../../src/source/pkt-line.ts'

async function* cut(bytes: Buffer, sizes: number[]) {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function read(bytes: Buffer, sizes: number[] = []): Promise<Packet[]> {
  const packets: Packet[] = []
  for await (const packet of readPackets(cut(bytes, sizes))) packets.push(packet)
  return packets
}

describe('a packet', () => {
  it.each<[string, Packet | string, string]>([
    ['text', 'a\n', '0006a\n'],
    ['nothing', '', '0004'],
    ['bytes', Buffer.from([0, 255]), '0006\0\u00ff'],
    ['a text that spells a marker', Buffer.from('flush'), '0009flush'],
    ['a flush', 'flush', '0000'],
    ['a delimiter', 'delimiter', '0001'],
  ])('of %s is its length in four hex digits, and itself', (_, packet, wire) => {
    expect(encodePacket(packet).toString('latin1')).toBe(wire)
  })

  it('carries 65,516 bytes and no more', async () => {
    const most = Buffer.alloc(packetLimitBytes, 'x')
    expect(encodePacket(most).toString('latin1', 0, 4)).toBe('fff0')
    expect(await read(encodePacket(most))).toEqual([most])
    expect(() => encodePacket(Buffer.alloc(packetLimitBytes + 1))).toThrow(RangeError)
    expect(encodeLine('한'.repeat(packetLimitBytes)).length).toBe(packetLimitBytes + 4)
  })

  it('is read as it was written, however the bytes arrive', async () => {
    const packet = fc.oneof(
      fc.constantFrom<Packet>('flush', 'delimiter'),
      fc.uint8Array({ maxLength: 300 }).map((bytes): Packet => Buffer.from(bytes)),
    )
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 })
    await fc.assert(
      fc.asyncProperty(fc.array(packet), sizes, async (packets, cuts) => {
        expect(await read(Buffer.concat(packets.map(encodePacket)), cuts)).toEqual(packets)
      }),
    )
  })

  it.each([
    ['a length that is none', 'zzzz'],
    ['a length with a sign', '+00a123456'],
    ['a length shorter than itself', '0003'],
    ['the marker that stateless servers end with', '0002'],
    ['a length beyond the limit', 'fff1'],
    ['an end within the length', '00'],
    ['an end within the bytes', '0009abc'],
  ])('is refused for %s', async (_, wire) => {
    await expect(read(Buffer.from(wire))).rejects.toMatchObject({ code: 'git.failed' })
  })

  it('is read or refused, whatever arrives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        const wire = Buffer.from(bytes)
        try {
          const packets = await read(wire, [7])
          expect(Buffer.concat(packets.map(encodePacket)).length).toBe(wire.length)
        } catch (error) {
          expect(error).toBeInstanceOf(NaruError)
        }
      }),
    )
  })
})
