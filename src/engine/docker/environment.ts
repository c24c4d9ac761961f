import { NaruError } from '../../base/error.ts'
import type { Secret } from '../../base/secret.ts'
import type { ArtifactBody } from '../../model/artifact.ts'
import type { Place } from '../../model/environment.ts'
import { isStatus } from './daemon.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** Where a program listens of which nobody says where. */
const usualPort = 3000

/** Slugs are another engine's; that one comes here is a mistake in Naru. */
export function imageOf(body: ArtifactBody): string {
  if (body.kind !== 'image') throw new Error(`the docker engine cannot run the slug ${body.folder}`)
  return body.id
}

/** Throws `artifact.missing` where the image is not there any more; its port is the only one that it exposes, or the usual one. */
export async function requireImage(
  { daemon }: Pick<DockerSurroundings, 'daemon'>,
  image: string,
  of: { app: string; release?: number; digest?: string } = { app: '' },
): Promise<{ port: number }> {
  try {
    const { Config } = await daemon.call((docker) => docker.getImage(image).inspect())
    const exposed = Object.keys(Config.ExposedPorts ?? {}).filter((port) => port.endsWith('/tcp'))
    const port = exposed.length === 1 ? Number.parseInt(exposed[0] ?? '', 10) : usualPort
    return { port }
  } catch (error) {
    if (!isStatus(error, 404)) throw error
    throw new NaruError(
      'artifact.missing',
      { app: of.app, release: of.release ?? 0, digest: of.digest ?? image },
      { cause: error },
    )
  }
}

/** What every program of a release is given in its container, whatever it is run for; the image says the rest. */
export const programEnvironment = (
  {
    place,
    release,
    commit,
    environment,
  }: {
    place: Place
    release: number
    commit: string
    environment: Readonly<Record<string, string | Secret>>
  },
  id: string,
): Record<string, string | Secret> => ({
  LANG: 'C.UTF-8',
  TZ: process.env.TZ ?? 'UTC',
  ...environment,
  NARU_APP: place.app,
  NARU_ENVIRONMENT: place.environment,
  NARU_RELEASE: String(release),
  NARU_COMMIT: commit,
  NARU_INSTANCE: id,
})
