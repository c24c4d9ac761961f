import { createHash } from 'node:crypto'
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Which containers, networks, volumes and images of a Docker Engine are this data folder's: 12 hex digits, kept in the
 * folder. Made from the machine and the folder's path, so that a folder that was deleted finds what it had left running.
 */
export async function serverId(folder: string): Promise<string> {
  const file = join(folder, 'server-id')
  const kept = await readFile(file, 'utf8').catch(() => '') // Not made yet.
  if (/^[0-9a-f]{12}$/.test(kept.trim())) return kept.trim()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const machine = await readFile('/etc/machine-id', 'utf8').catch(() => '') // Not every system has one.
  const path = await realpath(folder)
  const id = createHash('sha256').update(`${machine}\n${path}`).digest('hex').slice(0, 12)
  await writeFile(file, `${id}\n`, { mode: 0o600 })
  return id
}
