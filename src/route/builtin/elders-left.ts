import { readdir } from 'node:fs/promises'
import { callRouter, openLine } from './control-client.ts'
import { pidOfName } from './socket-path.ts'

/** Ends the routers that handed over to one that is gone, with what they have in flight; returns when they are gone. */
export async function endElders(folder: string, graceSeconds: number): Promise<void> {
  const pids = (await readdir(folder)).map(pidOfName).filter((pid) => pid !== null)
  await Promise.all(pids.map((pid) => endElder(folder, pid, graceSeconds)))
}

async function endElder(folder: string, elder: number, graceSeconds: number): Promise<void> {
  try {
    const line = await openLine(folder, elder)
    const force = setTimeout(() => process.kill(elder, 'SIGKILL'), (graceSeconds + 2) * 1000)
    await callRouter(folder, 'POST /shutdown', {
      body: { graceSeconds },
      timeoutMs: 2_000,
      elder,
    }).catch(() => {}) // One that hangs is ended by force.
    await line.broken
    clearTimeout(force)
  } catch {
    // Nobody listens there: it is gone.
  }
}
