import { createHash } from 'node:crypto'
import type { Place } from '../../model/environment.ts'
import { type Daemon, isStatus } from './daemon.ts'
import { filterOf, label, labelsOfServer } from './labels.ts'

/** Of an environment of an app; long names end in a digest, so that no two are one. */
export function volumeName(server: string, { app, environment }: Place, name: string): string {
  const whole = `naru-${server}-${app}-${environment}-${name}`
  if (whole.length <= 200) return whole
  return `${whole.slice(0, 180)}-${createHash('sha256').update(whole).digest('hex').slice(0, 12)}`
}

/** Makes the volumes that are not there yet; what is in those that are stays as it is. */
export async function makeVolumes(
  daemon: Daemon,
  server: string,
  place: Place,
  names: Iterable<string>,
): Promise<void> {
  for (const name of names) {
    await daemon.call((docker, abortSignal) =>
      docker.createVolume({
        Name: volumeName(server, place, name),
        Driver: 'local',
        Labels: {
          ...labelsOfServer(server),
          [label.app]: place.app,
          [label.environment]: place.environment,
        },
        abortSignal,
      }),
    )
  }
}

/** Removes the volumes of an app, or of one environment of it, with all that is in them. */
export async function removeVolumes(
  daemon: Daemon,
  server: string,
  { app, environment }: { app: string; environment?: string | undefined },
): Promise<void> {
  const of = { [label.app]: app, ...(environment && { [label.environment]: environment }) }
  const { Volumes } = await daemon.call((docker, abortSignal) =>
    docker.listVolumes({ filters: JSON.stringify(filterOf(server, of)), abortSignal }),
  )
  for (const { Name } of Volumes) {
    try {
      await daemon.call((docker) => docker.getVolume(Name).remove())
    } catch (error) {
      if (!isStatus(error, 404)) throw error
    }
  }
}
