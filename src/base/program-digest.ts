import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Changes with what is in these files, with the Node.js that runs this, and with `also`; "" where one of them cannot be
 * read, and whoever starts it will say why.
 */
export function programDigest(files: readonly string[], also: readonly string[] = []): string {
  try {
    const hash = createHash('sha256')
    hash.update(JSON.stringify([process.execPath, process.version, ...also]))
    for (const file of files) hash.update(readFileSync(file))
    return hash.digest('hex').slice(0, 16)
  } catch {
    return '' // Whoever starts it will say why it cannot be read.
  }
}

/** Changes with the programs that a server is started with, which lie in `folder`. */
export const serverDigest = (folder: string): string =>
  programDigest([join(folder, 'server.cjs'), join(folder, 'router.cjs')])
