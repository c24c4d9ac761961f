import type { Socket } from 'node:net'

/** The address of whoever sent a request: of an IPv4 client of an IPv6 socket the IPv4 address. */
export function peerOf({ remoteAddress = 'unknown' }: Pick<Socket, 'remoteAddress'>): string {
  return remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress
}

/** Who shares one turn: an IPv4 address, or the first 64 bits of an IPv6 address, which are one household's. */
export function clientOf(peer: string): string {
  if (!peer.includes(':')) return peer
  const [head = '', tail] = (peer.split('%', 1)[0] ?? '').split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? [] : new Array<string>(8 - groups.length - rest.length).fill('0')
  return [...groups, ...gap, ...rest].slice(0, 4).join(':')
}
