import { writeFileSync } from 'node:fs'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { randomId } from './id.ts'

/** A folder of the kernel's in which groups of processes can be made that share the processors. */
export type CgroupPlace = { version: 'v1' | 'v2'; folder: string }

/** A group of processes that gets a tenth of the processors while others want them too, and all of them otherwise. */
export type Cgroup = {
  version: CgroupPlace['version']
  /** Puts a process in; all that it starts from then on is in it too. One that has ended already is fine. */
  add(pid: number): void
  /** Removes the group when nothing runs in it any more; leaves it where something still does after a second. */
  remove(): Promise<void>
}

/** Makes a group; null where this process may not, or the machine has none. */
export async function makeCgroup(name: string): Promise<Cgroup | null> {
  for (const place of await placesHere()) {
    const made = await makeIn(place, name)
    if (made) return cgroupAt(place, name)
  }
  return null
}

/** Removes a group that an earlier process has made; fine where there is none. */
export async function removeCgroup(name: string): Promise<void> {
  for (const place of await placesHere()) await cgroupAt(place, name).remove()
}

/** Which version `makeCgroup` would use; null where it would make none. */
export async function cgroupVersion(): Promise<CgroupPlace['version'] | null> {
  const probe = await makeCgroup(`naru-probe-${randomId(12)}`)
  await probe?.remove()
  return probe?.version ?? null
}

/**
 * Where groups may be made, the likeliest first, by what `/proc/self/mounts` and `/proc/self/cgroup` say: for version 1
 * below the own group; for version 2 beside it, since a group with processes in it shares nothing out; then at the top.
 */
export function cgroupPlaces(mounts: string, own: string): CgroupPlace[] {
  const groups = own.split('\n').map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line))
  const places = mounts.split('\n').flatMap((line): CgroupPlace[] => {
    const [, mount = '', kind, options = ''] = line.split(' ')
    const top = mount.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)))
    if (kind === 'cgroup' && options.split(',').includes('cpu')) {
      const group = groups.find((found) => found?.[1]?.split(',').includes('cpu'))?.[2] ?? '/'
      return [below(top, group), top].map((folder) => ({ version: 'v1', folder }))
    }
    if (kind !== 'cgroup2') return []
    const group = groups.find((found) => found?.[1] === '')?.[2] ?? '/'
    return [below(top, dirname(group)), top].map((folder) => ({ version: 'v2', folder }))
  })
  const first = places.filter(
    ({ folder }, at) => at === places.findIndex((p) => p.folder === folder),
  )
  // Both on one machine: version 1 has the processors, or it would not name them.
  return first.sort((one, other) => one.version.localeCompare(other.version))
}

const below = (top: string, group: string): string => join(top, group).replace(/\/$/, '')

async function placesHere(): Promise<CgroupPlace[]> {
  try {
    const [mounts, own] = await Promise.all(
      ['/proc/self/mounts', '/proc/self/cgroup'].map((path) => readFile(path, 'utf8')),
    )
    return cgroupPlaces(mounts ?? '', own ?? '')
  } catch {
    return [] // No Linux, or none that says it: no groups either way.
  }
}

/** Against 1024 and 100, which every other group has. */
const share = {
  v1: { file: 'cpu.shares', value: '102' },
  v2: { file: 'cpu.weight', value: '10' },
} as const

async function makeIn({ version, folder }: CgroupPlace, name: string): Promise<boolean> {
  const group = join(folder, name)
  try {
    if (version === 'v2') await shareOut(folder)
    await mkdir(group)
  } catch {
    return false // Not ours to make, or read-only: the next place, or none.
  }
  try {
    await writeFile(join(group, share[version].file), share[version].value)
    return true
  } catch {
    await rmdir(group).catch(() => {}) // What cannot be removed now is empty and harms nobody.
    return false
  }
}

/** Version 2 shares the processors among the groups of a folder only when that is asked for. */
async function shareOut(folder: string): Promise<void> {
  const control = join(folder, 'cgroup.subtree_control')
  if ((await readFile(control, 'utf8')).split(/\s+/).includes('cpu')) return
  await writeFile(control, '+cpu')
}

function cgroupAt({ version, folder }: CgroupPlace, name: string): Cgroup {
  const group = join(folder, name)
  return {
    version,
    add(pid) {
      try {
        writeFileSync(join(group, 'cgroup.procs'), String(pid))
      } catch (error) {
        if (!hasCode(error, 'ESRCH')) throw error
      }
    },
    async remove() {
      for (let round = 0; round < 50; round += 1) {
        try {
          return await rmdir(group)
        } catch (error) {
          // Who has been killed leaves it a moment later, of which nobody tells.
          if (!hasCode(error, 'EBUSY')) return
          await pause(20)
        }
      }
    },
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
