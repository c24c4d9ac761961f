/** The fields of a message by their numbers, in their order; numbers as bigint, all else as bytes. */
export type Message = ReadonlyMap<number, readonly (bigint | Buffer)[]>

/** Reads one message of Protocol Buffers without its description. Throws for bytes that are none. */
export function readMessage(bytes: Buffer): Message {
  const fields = new Map<number, (bigint | Buffer)[]>()
  let at = 0
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = bytes[at]
      if (byte === undefined || shift > 63n) throw new Error('a message that ends too soon')
      at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Error('a message that ends too soon')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const value = fieldOf(tag & 7, varint, take)
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value])
  }
  return fields
}

function fieldOf(
  kind: number,
  varint: () => bigint,
  take: (length: number) => Buffer,
): bigint | Buffer {
  if (kind === 0) return varint()
  if (kind === 1) return take(8)
  if (kind === 2) return take(Number(varint()))
  if (kind === 5) return take(4)
  throw new Error(`a field of kind ${kind}`)
}

/** The last value of a field as text; empty where there is none. */
export const textOf = (message: Message, field: number): string =>
  bytesOf(message, field).toString()

export function bytesOf(message: Message, field: number): Buffer {
  const value = message.get(field)?.at(-1)
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0)
}

export const isSet = (message: Message, field: number): boolean => message.get(field)?.at(-1) === 1n

export const messagesOf = (message: Message, field: number): Message[] =>
  (message.get(field) ?? []).filter(Buffer.isBuffer).map(readMessage)

/** A google.protobuf.Timestamp in milliseconds; null where there is none. */
export function timeOf(message: Message, field: number): number | null {
  const [time] = messagesOf(message, field)
  if (time === undefined) return null
  const number = (at: number) => Number(BigInt.asIntN(64, asBigint(time.get(at)?.at(-1))))
  return number(1) * 1000 + number(2) / 1e6
}

const asBigint = (value: bigint | Buffer | undefined): bigint =>
  typeof value === 'bigint' ? value : 0n

/** A message of one field of bytes. */
export function writeBytes(field: number, bytes: Buffer): Buffer {
  const length: number[] = []
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest)
      break
    }
    length.push((rest % 128) | 0x80)
  }
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), bytes])
}
