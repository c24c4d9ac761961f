import type Dockerode from 'dockerode'
import { pause } from '../pause.ts'
import { isStatus } from './daemon.ts'
import type { DockerSurroundings } from './surroundings.ts'

type State = Dockerode.ContainerInspectInfo['State']
type Around = Pick<DockerSurroundings, 'daemon' | 'closing'>

/** Between two tries to reach a daemon that does not answer. */
const unreachedMs = 500

/** How a container ended, however long that takes and the daemon is away; null where it is not there any more. Throws when the engine is closed. */
export async function untilEnded(around: Around, container: string): Promise<State | null> {
  for (;;) {
    try {
      await around.daemon.docker
        .getContainer(container)
        .wait({ condition: 'not-running', abortSignal: around.closing })
      const { State } = await around.daemon.call((docker, abortSignal) =>
        docker.getContainer(container).inspect({ abortSignal }),
      )
      if (!State.Running) return State
    } catch (error) {
      if (isStatus(error, 404)) return null
    }
    // The daemon has gone away, which says nothing of the container.
    if (!(await pause(unreachedMs, around.closing))) throw new Error('the engine was closed')
  }
}

/** Sends a signal; to what has ended already it is fine. */
export async function signalTo(around: Around, container: string, signal: string): Promise<void> {
  try {
    await around.daemon.call((docker) => docker.getContainer(container).kill({ signal }))
  } catch (error) {
    if (!isStatus(error, 404, 409)) throw error
  }
}

/** Ends it if it runs, and removes it with all that only it had. */
export async function removeContainer(around: Around, container: string): Promise<void> {
  try {
    await around.daemon.call(
      (docker) => docker.getContainer(container).remove({ force: true, v: true }),
      60_000,
    )
  } catch (error) {
    // Gone, or somebody else removes it just now.
    if (!isStatus(error, 404, 409)) throw error
  }
}
