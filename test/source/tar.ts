/** One member of a tar, as wrong as a test wants it. */
export type Member = {
  path: string | Buffer
  /** The type flag: '0' a file, '1' a hard link, '2' a link, '5' a folder. */
  type?: string
  mode?: number
  content?: string | Buffer
  target?: string
  /** What the header says, whatever the content is. */
  size?: number | Buffer
  magic?: string
  /** Changes the header's bytes before its sum is made. */
  header?: (header: Buffer) => void
}

/** A tar of the members, made by hand so that it may hold what no tar program would write. */
export function tarOf(members: readonly Member[], { end = true } = {}): Buffer {
  return Buffer.concat([...members.map(memberOf), ...(end ? [Buffer.alloc(1024)] : [])])
}

/** Records of a pax header, `5` for the entry after it. */
export const pax = (records: Record<string, string>, type = 'x'): Member => ({
  path: 'PaxHeader',
  type,
  content: Object.entries(records).map(recordOf).join(''),
})

function recordOf([key, value]: [string, string]): string {
  const rest = ` ${key}=${value}\n`
  let length = Buffer.byteLength(rest)
  while (`${length}${rest}`.length - rest.length + Buffer.byteLength(rest) !== length) length += 1
  return `${length}${rest}`
}

function memberOf(member: Member): Buffer {
  const {
    path,
    type = '0',
    mode = 0o644,
    content = '',
    target = '',
    magic = 'ustar\x0000',
  } = member
  const body = Buffer.from(content)
  const { size = body.length } = member
  const header = Buffer.alloc(512)
  Buffer.from(path).copy(header, 0, 0, 100)
  header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100)
  header.write('0000000\x000000000\0', 108)
  if (typeof size === 'number') header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  else size.copy(header, 124, 0, 12)
  header.write('00000000000\0', 136)
  header.write(type, 156)
  header.write(target, 157, 100)
  header.write(magic, 257, 'latin1')
  member.header?.(header)
  header.write('        ', 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)])
}
