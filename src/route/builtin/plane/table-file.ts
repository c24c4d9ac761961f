import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { RouteTable } from '../../../model/route.ts'
import { checkTable, emptyTable } from '../../table.ts'
import { protocolVersion } from '../protocol.ts'

/** The table that was served last; the empty one if there was none. Throws when the file cannot be understood. */
export async function readTable(folder: string): Promise<RouteTable> {
  try {
    const text = await readFile(join(folder, name), 'utf8')
    const kept = JSON.parse(text) as { version?: unknown; table?: unknown }
    if (kept.version !== protocolVersion) throw new Error(`${name} is of version ${kept.version}`)
    return checkTable(kept.table, emptyTable).table
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return emptyTable
    throw error
  }
}

/** Keeps the table: on the disk, whole, when it resolves; otherwise the one before is still there. */
export async function writeTable(folder: string, table: RouteTable): Promise<void> {
  const aside = join(folder, `${name}.new`)
  const file = await open(aside, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify({ version: protocolVersion, table }))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, join(folder, name))
  const directory = await open(folder, 'r')
  await directory.sync().finally(() => directory.close())
}

const name = 'table.json'
