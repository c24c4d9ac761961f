import { cpus, loadavg, release, totalmem } from 'node:os'

/** What a figure was taken under, in a few words for its note: the load of the last minute. */
export const load = (): string => `load ${(loadavg()[0] ?? 0).toFixed(1)}`

/** What the machine is, for the head of a run. */
export function machine(): string {
  const [cpu] = cpus()
  const user = process.getuid?.() === 0 ? 'as root' : 'as a plain user'
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GB`
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${memory}, ${process.platform} ${release()}, node ${process.version}, ${user}, ${load()}`
}
