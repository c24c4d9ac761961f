import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Against 1024 and 100, which every container has: builds get a tenth of the processors while apps want them, and all of them otherwise. */
export const buildShares = 102
const share = {
  v1: { file: 'cpu.shares', value: String(buildShares) },
  v2: { file: 'cpu.weight', value: '10' },
} as const

/** Where daemons put the group of all steps of BuildKit's, below the top: there is no call that puts a build into another one. */
const groups = ['docker/buildkit', 'buildkit', 'system.slice/docker/buildkit']

/**
 * Gives the steps of all builds of the daemon of this machine that share. Tells whether they have it: they have no group before
 * the first of them runs, and only root may. `root`: of the file system.
 */
export async function holdBuildsBack(root = '/'): Promise<boolean> {
  const mounts = await readFile(join(root, 'proc/self/mounts'), 'utf8').catch(() => '') // No Linux: no groups.
  const tries = placesIn(mounts).flatMap(({ version, mount }) =>
    groups.map((group) => {
      const { file, value } = share[version]
      return writeFile(join(root, mount, group, file), value, { flag: 'r+' }).then(
        () => true,
        () => false, // Not there, or not ours to change.
      )
    }),
  )
  return (await Promise.all(tries)).includes(true)
}

type Place = { version: keyof typeof share; mount: string }

function placesIn(mounts: string): Place[] {
  return mounts.split('\n').flatMap((line): Place[] => {
    const [, mount = '', kind, options = ''] = line.split(' ')
    if (kind === 'cgroup' && options.split(',').includes('cpu')) return [{ version: 'v1', mount }]
    return kind === 'cgroup2' ? [{ version: 'v2', mount }] : []
  })
}
