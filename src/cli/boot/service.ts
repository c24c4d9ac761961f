import { createHash } from 'node:crypto'

/** The server as a service manager is to start it. Paths are absolute. */
export type BootService = {
  /** Tells it from the services of other data folders: "naru", "naru-srv-data". */
  name: string
  node: string
  /** Arguments of Node.js: its own, the server program, and the program's. */
  args: string[]
  /** PATH for the builds; nothing else of the environment that happens to be around now. */
  path: string
}

/** The name for a data folder, no two have the same; that of the usual folder is short. */
export function serviceName(data: string, usual: string): string {
  if (data === usual) return 'naru'
  const plain = data.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')
  if (isPlain.test(data)) return `naru-${plain}`
  // What is left out of the name would make that of another folder of it.
  const rest = createHash('sha256').update(data).digest('hex').slice(0, 8)
  return `naru-${plain.slice(0, 60)}-${rest}`
}

const isPlain = /^(?=.{1,60}$)(?:\/[A-Za-z0-9]+)+$/
