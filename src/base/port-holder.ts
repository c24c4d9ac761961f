import { listenerOn } from './processes.ts'

/** Who listens on a TCP port of this machine, "nginx (pid 123)"; "another program" where that cannot be seen. */
export async function portHolder(port: number): Promise<string> {
  try {
    const holder = await listenerOn(port)
    return holder === null ? stranger : `${holder.name} (pid ${holder.pid})`
  } catch {
    return stranger // No program to ask, or the holder ended meanwhile: the port is taken all the same.
  }
}

const stranger = 'another program'
