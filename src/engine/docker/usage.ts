import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Usage } from '../engine.ts'
import { isStatus } from './daemon.ts'
import type { DockerInstance } from './instance.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** `cpuSeconds`: of one core. */
export type CgroupUsage = { cpuSeconds: number; memoryBytes: number; processes: number }

/** Files of one version of cgroups, and what they are counted in. */
type Way = {
  cpu: { controller: string; file: string; read(text: string): number }
  memory: { controller: string; file: string; cache: string }
  pids: { controller: string }
}

const v1: Way = {
  cpu: { controller: 'cpuacct', file: 'cpuacct.usage', read: (text) => Number(text) / 1e9 },
  memory: { controller: 'memory', file: 'memory.usage_in_bytes', cache: 'total_inactive_file' },
  pids: { controller: 'pids' },
}
const v2: Way = {
  cpu: { controller: '', file: 'cpu.stat', read: (text) => numberIn(text, 'usage_usec') / 1e6 },
  memory: { controller: '', file: 'memory.current', cache: 'inactive_file' },
  pids: { controller: '' },
}

/** By the kernel's own files, or, where those are not Naru's to read, by the daemon's count. Null while its program does not run. */
export async function usageOf(
  { daemon }: Pick<DockerSurroundings, 'daemon'>,
  { id, pid, identity }: Pick<DockerInstance, 'id' | 'pid' | 'identity'>,
): Promise<Usage | null> {
  if (pid === null) return null
  try {
    const used = (await cgroupUsage(pid)) ?? (await daemonUsage(daemon, identity.container))
    const { HostConfig } = await daemon.call((docker, abortSignal) =>
      docker.getContainer(identity.container).inspect({ abortSignal }),
    )
    const { NanoCpus, Memory, PidsLimit } = HostConfig
    return {
      instance: id,
      ...used,
      limits: {
        cpu: NanoCpus ? NanoCpus / 1e9 : null,
        memoryBytes: Memory || null,
        processes: PidsLimit || null,
      },
    }
  } catch (error) {
    if (isStatus(error, 404, 409)) return null // It has just ended.
    throw error
  }
}

async function daemonUsage(
  daemon: DockerSurroundings['daemon'],
  container: string,
): Promise<CgroupUsage> {
  const { cpu_stats, memory_stats, pids_stats } = await daemon.call((docker) =>
    docker.getContainer(container).stats({ stream: false, 'one-shot': true }),
  )
  const { total_inactive_file: v1Cache, inactive_file: v2Cache } = memory_stats.stats ?? {}
  return {
    cpuSeconds: cpu_stats.cpu_usage.total_usage / 1e9,
    memoryBytes: Math.max(0, memory_stats.usage - (v1Cache ?? v2Cache ?? 0)),
    processes: pids_stats?.current ?? 0,
  }
}

/**
 * What all processes of a container have used and use, by the cgroup files of its first one. Files that the kernel keeps in
 * memory and would give back at once are no use of memory. Null where that cannot be read: the container has ended, or
 * Naru sees other groups than the daemon. `root`: of the file system.
 */
export async function cgroupUsage(pid: number, root = '/'): Promise<CgroupUsage | null> {
  try {
    const groups = await readFile(join(root, `proc/${pid}/cgroup`), 'utf8')
    const mounts = await readFile(join(root, 'proc/self/mounts'), 'utf8')
    const hasV1 = groupOf(groups, v1.memory.controller) !== null
    const way = hasV1 ? v1 : v2
    const read = async (controller: string, file: string): Promise<string> => {
      const group = groupOf(groups, controller)
      const mount = mountOf(mounts, controller)
      if (group === null || mount === null) throw new Error(`there is no group for ${file}`)
      return readFile(join(root, mount, group, file), 'utf8')
    }
    const [cpu, memory, stat, pids] = await Promise.all([
      read(way.cpu.controller, way.cpu.file),
      read(way.memory.controller, way.memory.file),
      read(way.memory.controller, 'memory.stat'),
      read(way.pids.controller, 'pids.current'),
    ])
    return {
      cpuSeconds: way.cpu.read(cpu),
      memoryBytes: Math.max(0, Number(memory) - numberIn(stat, way.memory.cache)),
      processes: Number(pids),
    }
  } catch {
    return null // Whoever asks has another way, or the container has just ended.
  }
}

/** "11:memory:/docker/4f1c…", or "0::/system.slice/docker-4f1c….scope" where there is one tree for all. */
function groupOf(text: string, controller: string): string | null {
  for (const line of text.split('\n')) {
    const [, controllers = '', path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (path !== undefined && controllers.split(',').includes(controller)) return path
  }
  return null
}

function mountOf(text: string, controller: string): string | null {
  for (const line of text.split('\n')) {
    const [, mount = '', kind, options = ''] = line.split(' ')
    if (
      controller === ''
        ? kind === 'cgroup2'
        : kind === 'cgroup' && options.split(',').includes(controller)
    )
      return mount
  }
  return null
}

function numberIn(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}
