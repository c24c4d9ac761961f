import { readFile } from 'node:fs/promises'

/** Docker's own name server, which listens in every container. */
const nameServer = '0B00007F'
const listens = '0A'

/** Ports on which anybody listens in the network of this process, ascending; none where that may not be looked at. */
export async function listeningIn(pid: number | null): Promise<number[]> {
  if (pid === null) return []
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '')),
  )
  const ports = tables.flatMap((table) => table.split('\n').slice(1).flatMap(portOf))
  return [...new Set(ports)].sort((one, other) => one - other)
}

function portOf(line: string): number[] {
  const [, local = '', , state] = line.trim().split(/\s+/)
  const [address = '', port = ''] = local.split(':')
  return state === listens && address !== nameServer ? [parseInt(port, 16)] : []
}
