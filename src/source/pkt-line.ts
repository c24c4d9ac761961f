import { NaruError } from '../base/error.ts'

/** One packet of git's wire format: its bytes, or one of the two markers that Naru ever meets. */
export type Packet = Buffer | 'flush' | 'delimiter'

/** Most bytes that one packet carries: git's LARGE_PACKET_MAX without the four of its length. */
export const packetLimitBytes = 65_516

/** The packet as it goes over the wire; a RangeError if it carries too much. */
export function encodePacket(packet: Packet | string): Buffer {
  if (packet === 'flush') return Buffer.from('0000')
  if (packet === 'delimiter') return Buffer.from('0001')
  const data = Buffer.from(packet)
  if (data.length > packetLimitBytes) throw new RangeError(`a packet of ${data.length} bytes`)
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, '0')), data])
}

/** A line of text as a packet, cut at the limit; text that spells a marker is still text. */
export function encodeLine(text: string): Buffer {
  return encodePacket(Buffer.from(`${text}\n`).subarray(0, packetLimitBytes))
}

/**
 * Packets as they arrive, however the bytes were cut into chunks. Ends with the input; `git.failed` for
 * bytes that are no packet and for an end in the middle of one.
 */
export async function* readPackets(input: AsyncIterable<Buffer>): AsyncGenerator<Packet, void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of input) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (
      let size = packetSize(rest);
      size !== undefined && rest.length >= size;
      size = packetSize(rest)
    ) {
      yield decode(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
  }
  if (rest.length > 0) throw malformed('it ends in the middle of a packet')
}

/** Bytes of the packet that `bytes` begins with, undefined until its length has arrived. */
function packetSize(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return undefined
  const digits = bytes.toString('latin1', 0, 4)
  const size = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : Number.NaN
  if (size === 0 || size === 1) return 4
  if (size >= 4 && size <= packetLimitBytes + 4) return size
  throw malformed(`${JSON.stringify(digits)} is no length of a packet`)
}

function decode(packet: Buffer): Packet {
  if (packet.length > 4) return packet.subarray(4)
  const digits = packet.toString('latin1')
  if (digits === '0000') return 'flush'
  return digits === '0001' ? 'delimiter' : Buffer.alloc(0)
}

const malformed = (reason: string) =>
  new NaruError('git.failed', { command: 'git wire protocol', reason })
