import { readFile } from 'node:fs/promises'

/** A block of IPv4 addresses: its first one, and how many bits all of them share. */
export type Block = { first: number; bits: number }

/**
 * Where this machine has a way to already: its own networks, other machines', those of another Docker Engine here. The
 * default route leads everywhere and is none of them. None where the system does not say.
 */
export async function knownWays(): Promise<Block[]> {
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '') // No Linux.
  return waysIn(table)
}

/** The routes of `/proc/net/route`, whose numbers are written backwards. */
export function waysIn(table: string): Block[] {
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, destination, , , , , , mask] = line.split('\t')
      if (destination === undefined || mask === undefined) return []
      const bits = backwards(mask).toString(2).replace(/0+$/, '').length
      return backwards(mask) === 0 ? [] : [{ first: backwards(destination), bits }]
    })
}

/** "10.213.4.0/22". */
export function blockOf(subnet: string): Block {
  const [address = '', bits = '32'] = subnet.split('/')
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return { first, bits: Number(bits) }
}

export function overlap(one: Block, other: Block): boolean {
  const shared = 2 ** (32 - Math.min(one.bits, other.bits))
  return Math.floor(one.first / shared) === Math.floor(other.first / shared)
}

const backwards = (hex: string): number =>
  Buffer.from(hex, 'hex')
    .reverse()
    .reduce((sum, byte) => sum * 256 + byte, 0)
