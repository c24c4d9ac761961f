import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Daemon } from './daemon.ts'

/**
 * The whole disk that holds what containers write, "/dev/vda"; null where it is none that the kernel could hold anybody
 * back on, as behind a network or several disks together, or the daemon's folder cannot be seen from here.
 */
export async function diskOf(daemon: Daemon): Promise<string | null> {
  const { DockerRootDir } = (await daemon.call((docker) => docker.info())) as {
    DockerRootDir: string
  }
  try {
    const { dev } = await stat(DockerRootDir)
    const block = await realpath(`/sys/dev/block/${majorOf(dev)}:${minorOf(dev)}`)
    const isPart = await stat(join(block, 'partition')).then(
      () => true,
      () => false, // A disk itself has no such file.
    )
    const path = `/dev/${basename(isPart ? dirname(block) : block)}`
    return (await stat(path)).isBlockDevice() ? path : null
  } catch {
    return null // Not there, or closed to us.
  }
}

/** As the C library takes a device's number apart. */
const majorOf = (dev: number): number => Math.floor(dev / 256) % 4096
const minorOf = (dev: number): number => (dev % 256) + Math.floor(dev / 2 ** 20) * 256
