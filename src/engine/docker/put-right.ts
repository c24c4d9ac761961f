import type Dockerode from 'dockerode'
import { isStatus } from './daemon.ts'
import type { InstanceIdentity } from './identity.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** Nobody of ours cuts an instance off from its network, on which alone it is reached. */
export async function keepConnected(
  { daemon, networks, log }: DockerSurroundings,
  { id, container, set, kept }: InstanceIdentity,
  { NetworkSettings }: Dockerode.ContainerInspectInfo,
): Promise<void> {
  const { name } = await networks.of(set)
  if (NetworkSettings.Networks[name] !== undefined) return
  log.warn('an instance was cut off from its network, and is on it again', { instance: id })
  const EndpointConfig = { IPAMConfig: { IPv4Address: kept.host } }
  await daemon.call((docker) =>
    docker.getNetwork(name).connect({ Container: container, EndpointConfig }),
  )
}

/** Nobody of ours pauses: what somebody else has paused answers nobody. */
export async function goOn(
  { daemon, log }: DockerSurroundings,
  { id, container }: InstanceIdentity,
): Promise<void> {
  log.warn('an instance was paused by somebody else, and goes on', { instance: id })
  try {
    await daemon.call((docker) => docker.getContainer(container).unpause())
  } catch (error) {
    if (!isStatus(error, 404, 409, 500)) throw error // It is paused no more.
  }
}
