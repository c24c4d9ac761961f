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

/** The name for a data folder; that of the usual folder is short. */
export const serviceName = (data: string, usual: string): string =>
  data === usual ? 'naru' : `naru-${data.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')}`
