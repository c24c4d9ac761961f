import { readdir, readFile, readlink } from 'node:fs/promises'

/** Who listens on a TCP port of this machine, "nginx (pid 123)"; "another program" where that cannot be seen. */
export async function portHolder(port: number): Promise<string> {
  try {
    const inodes = await listeningInodes(port)
    const pid = inodes.size === 0 ? null : await pidHolding(inodes)
    if (pid === null) return stranger
    return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (pid ${pid})`
  } catch {
    return stranger // No /proc here, or the holder ended meanwhile: the port is taken all the same.
  }
}

const stranger = 'another program'
const listening = '0A'

async function listeningInodes(port: number): Promise<Set<string>> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    // A kernel without IPv6 has no tcp6.
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(1)
    for (const line of lines) {
      const fields = line.trim().split(/\s+/)
      const [, local, , state] = fields
      if (state === listening && local?.endsWith(`:${hexPort}`)) inodes.add(`socket:[${fields[9]}]`)
    }
  }
  return inodes
}

async function pidHolding(inodes: ReadonlySet<string>): Promise<string | null> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    // Other users' processes do not show their files.
    const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
    for (const file of files) {
      const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '')
      if (inodes.has(target)) return pid
    }
  }
  return null
}
