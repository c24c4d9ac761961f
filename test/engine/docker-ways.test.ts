import { describe, expect, it } from 'vitest'
import { blockOf, overlap, waysIn } from '../../src/engine/docker/ways.ts'

const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010210AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000210AC\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
nr12345\t0000D50A\t00000000\t0001\t0\t0\t0\t00FCFFFF\t0\t0\t0
`

describe('blocks of addresses', () => {
  it('that the machine has a way to are read, but for the way to everywhere', () => {
    expect(waysIn(table)).toEqual([blockOf('172.16.2.0/24'), blockOf('10.213.0.0/22')])
    expect(waysIn('')).toEqual([])
  })

  it('overlap when one holds the other, whichever is larger', () => {
    const is = (one: string, other: string) => overlap(blockOf(one), blockOf(other))
    expect(is('10.213.0.0/22', '10.213.0.0/22')).toBe(true)
    expect(is('10.213.0.0/22', '10.213.3.0/24')).toBe(true)
    expect(is('10.0.0.0/8', '10.213.4.0/22')).toBe(true)
    expect(is('10.213.0.0/22', '10.213.4.0/22')).toBe(false)
    expect(is('192.168.0.0/16', '10.213.4.0/22')).toBe(false)
    expect(is('255.255.255.0/24', '255.255.255.255/32')).toBe(true)
  })
})
