import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where a server was told to be reached, as its flags say it. */
export type Addresses = { http: string; api: string; domain: string }

/** Those of the last start on that data folder: remotes and visitors know them. Undefined before the first. */
export function readAddresses(data: string): Addresses | undefined {
  try {
    return JSON.parse(readFileSync(file(data), 'utf8')) as Addresses
  } catch {
    return undefined // Never started, or not ours to read: then there is nothing to go by.
  }
}

export function keepAddresses(data: string, addresses: Addresses): void {
  writeFileSync(file(data), `${JSON.stringify(addresses)}\n`, { mode: 0o600 })
}

const file = (data: string): string => join(data, 'addresses.json')
