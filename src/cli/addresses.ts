import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where a server was told to be reached, as its flags say it; `builds`: how many at once, and `cacheLimit`, if it was told those. */
export type Addresses = {
  http: string
  api: string
  domain: string
  builds?: string
  cacheLimit?: string
}

/** Where a server is reached that was never told otherwise: by nobody but this machine. */
export const firstAddresses: Addresses = {
  http: '127.0.0.1:8080',
  api: '127.0.0.1:7878',
  domain: 'localhost',
}

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
