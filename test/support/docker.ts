import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import Docker from 'dockerode'

/** What tests build their images on; `scripts/docker-stand-ins.sh` makes them where they cannot be pulled. */
export const baseImages = {
  debian: 'debian:bookworm-slim',
  node: 'node:20-bookworm-slim',
  python: 'python:3.11-slim-bookworm',
}

export const mainSocket =
  process.env['DOCKER_HOST']?.replace(/^unix:\/\//, '') || '/var/run/docker.sock'

/** The daemon of this machine, which every test shares: never stopped, restarted or pruned. */
export const docker = new Docker({ socketPath: mainSocket })

/** Why nothing can be tried in containers here; null where it can be. */
export const noDocker = await whatIsMissing()

/**
 * The options of a suite that needs a daemon: `describe('…', whereDocker, () => …)`. Where there is none it is left out, and
 * the run says so at its end. `NARU_TEST_REQUIRE=docker` makes that a failure.
 */
export const whereDocker = leftOut(noDocker)

/** The same for a suite that also starts a daemon of its own. */
export const whereOwnDaemon = leftOut(
  noDocker ??
    (process.getuid?.() !== 0 ? 'a daemon of its own needs root' : null) ??
    (['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].some(existsSync)
      ? null
      : 'a daemon of its own needs dockerd'),
)

/** The same for a suite that also runs a registry of images. */
export const whereRegistry = leftOut(
  noDocker ??
    (['/usr/bin/docker-registry', '/usr/local/bin/docker-registry'].some(existsSync)
      ? null
      : 'a registry needs the program docker-registry'),
)

/** A server that nobody else has, as the label `naru.server` names it. */
export const freshServer = (): string => randomBytes(6).toString('hex')

/** Removes all that carries this value of `naru.server`: containers, then networks, volumes and images. */
export async function removeAllOf(server: string, from: Docker = docker): Promise<void> {
  const filters = { label: [`naru.server=${server}`] }
  const containers = await from.listContainers({ all: true, filters })
  await Promise.all(
    containers.map(({ Id }) => unlessGone(from.getContainer(Id).remove({ force: true, v: true }))),
  )
  const networks = await from.listNetworks({ filters })
  await Promise.all(networks.map(({ Id }) => unlessGone(from.getNetwork(Id).remove())))
  const { Volumes } = await from.listVolumes({ filters })
  await Promise.all(Volumes.map(({ Name }) => unlessGone(from.getVolume(Name).remove())))
  for (const { Id } of await from.listImages({ all: true, filters })) {
    await unlessGone(from.getImage(Id).remove({ force: true }))
  }
}

/** For what may be removed by somebody else, or be on its way out, at the same moment. */
export async function unlessGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    if (statusCode !== 404 && statusCode !== 409) throw error
  }
}

async function whatIsMissing(): Promise<string | null> {
  let images: Docker.ImageInfo[]
  try {
    images = await docker.listImages({ abortSignal: AbortSignal.timeout(10_000) })
  } catch (error) {
    return `no Docker daemon answers at ${mainSocket} (${(error as NodeJS.ErrnoException).code ?? 'no answer'})`
  }
  const there = new Set(images.flatMap(({ RepoTags }) => RepoTags ?? []))
  const missing = Object.values(baseImages).filter((name) => !there.has(name))
  if (missing.length === 0) return null
  return `no image ${missing.join(', ')} (scripts/docker-stand-ins.sh makes a stand-in)`
}

function leftOut(reason: string | null) {
  return reason === null ? {} : { skip: true, meta: { leftOut: reason } }
}

declare module 'vitest' {
  interface TaskMeta {
    /** Why a suite is left out here. */
    leftOut?: string
  }
}
