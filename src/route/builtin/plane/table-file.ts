import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { RouteTable } from '../../../model/route.ts'
import { checkTable, emptyTable } from '../../table.ts'

/** The table that was served last; the empty one if there was none. Throws when the file cannot be understood. */
export async function readTable(folder: string): Promise<RouteTable> {
  try {
    const text = await readFile(join(folder, name), 'utf8')
    const kept = JSON.parse(text) as { version?: unknown; table?: unknown }
    if (kept.version !== fileVersion) throw new Error(`${name} is of version ${kept.version}`)
    return checkTable(kept.table, emptyTable).table
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return emptyTable
    throw error
  }
}

/**
 * Keeps the table: whole in its file when it resolves, so that a router that comes back finds it; otherwise the one before
 * is still there. It is on the platter a moment later, which `synced` tells: a machine that loses its power loses its
 * instances too, and no table of before is right then, so that nobody needs to wait for the disk.
 */
export async function writeTable(
  folder: string,
  table: RouteTable,
): Promise<{ synced: Promise<void> }> {
  const aside = join(folder, `${name}.new`)
  const file = await open(aside, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify({ version: fileVersion, table }))
    await rename(aside, join(folder, name))
  } catch (error) {
    await file.close()
    throw error
  }
  return { synced: file.sync().finally(() => file.close()) }
}

const name = 'table.json'
/** Of what is in the file; what is only added to a route changes nothing about it. */
const fileVersion = 1
