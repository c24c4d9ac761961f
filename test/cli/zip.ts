import { crc32, deflateRawSync } from 'node:zlib'

/** One member of a zip, as wrong as a test wants it. */
export type ZipMember = {
  path: string | Buffer
  content?: string | Buffer
  /** Type and rights as Unix has them; left out, it is made on a system that has none. */
  mode?: number
  flags?: number
  method?: number
  sum?: number
  size?: number
  extra?: Buffer
}

/** A zip of the members, made by hand so that it may hold what no zip program would write. */
export function zipOf(members: readonly ZipMember[], { disk = 0 } = {}): Buffer {
  const bodies: Buffer[] = []
  const list: Buffer[] = []
  let offset = 0
  for (const member of members) {
    const { local, central } = recordsOf(member, offset)
    bodies.push(local)
    list.push(central)
    offset += local.length
  }
  const listed = Buffer.concat(list)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(disk, 4)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...bodies, listed, end])
}

function recordsOf(member: ZipMember, offset: number) {
  const { path, content = '', mode, flags = 0, method = 8, extra = Buffer.alloc(0) } = member
  const name = Buffer.from(path)
  const plain = Buffer.from(content)
  const packed = method === 8 ? deflateRawSync(plain) : plain
  const shared = Buffer.alloc(26)
  shared.writeUInt16LE(20, 0)
  shared.writeUInt16LE(flags, 2)
  shared.writeUInt16LE(method, 4)
  shared.writeUInt32LE(member.sum ?? crc32(plain), 10)
  shared.writeUInt32LE(packed.length, 14)
  shared.writeUInt32LE(member.size ?? plain.length, 18)
  shared.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, name, packed])
  shared.writeUInt16LE(extra.length, 24)
  const head = Buffer.alloc(6)
  head.write('PK\x01\x02', 'latin1')
  head.writeUInt16LE(mode === undefined ? 20 : (3 << 8) | 20, 4)
  const tail = Buffer.alloc(14)
  tail.writeUInt32LE(((mode ?? 0) << 16) >>> 0, 6)
  tail.writeUInt32LE(offset, 10)
  return { local, central: Buffer.concat([head, shared, tail, name, extra]) }
}
