import type { Collected, Keep } from '../engine.ts'
import { isStatus } from './daemon.ts'
import { filterOf } from './labels.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** "sha256-…", as an artifact is called, of "sha256:…", as an image is. */
export const digestOf = (image: string): string => image.replace(':', '-')

/** Begins the name of every image that this server builds. */
export const imagePrefix = (server: string): string => `naru/${server}/`

/** Removes the images with this server's label that no kept artifact is, and that no container needs. */
export async function collectImages(
  { daemon, server, log }: Pick<DockerSurroundings, 'daemon' | 'server' | 'log'>,
  keep: Keep,
): Promise<Collected> {
  const images = await daemon.call((docker, abortSignal) =>
    docker.listImages({ filters: filterOf(server), abortSignal }),
  )
  const collected: Collected = { artifacts: 0, bytes: 0 }
  for (const { Id, RepoTags, Size } of images) {
    if (keep.artifacts.has(digestOf(Id))) continue
    const names = (RepoTags ?? []).filter((name) => name !== '<none>:<none>')
    const ours = names.filter((name) => name.startsWith(imagePrefix(server)))
    try {
      // What somebody else has named as well loses only our name.
      for (const name of ours.length > 0 ? ours : names.length > 0 ? [] : [Id])
        await daemon.call((docker) => docker.getImage(name).remove(), 60_000)
      if (ours.length < names.length) continue
      collected.artifacts += 1
      collected.bytes += Size
    } catch (error) {
      if (isStatus(error, 404)) continue
      if (!isStatus(error, 409)) throw error
      log.info('an image is in use and stays', { image: Id }) // A container, or an image made of it.
    }
  }
  return { ...collected, bytes: collected.bytes + (await boundCache(daemon)) }
}

/** The daemon's cache of builds carries no labels: it is one for all who build there, and this is what it may take. */
export const buildCacheBytes = 10 * 1024 ** 3

/** Removes what of it was used longest ago until it is within its bound, and says how much that was. */
async function boundCache(daemon: DockerSurroundings['daemon']): Promise<number> {
  const { modem } = daemon.docker
  const pruned: unknown = await daemon.call(
    () =>
      new Promise((resolve, reject) =>
        modem.dial(
          {
            path: '/build/prune?',
            method: 'POST',
            options: { 'keep-storage': buildCacheBytes, all: true },
            statusCodes: { 200: true, 500: 'server error' },
          },
          (error, answer) => (error ? reject(error) : resolve(answer)),
        ),
      ),
    60_000,
  )
  return (pruned as { SpaceReclaimed?: number } | null)?.SpaceReclaimed ?? 0
}
