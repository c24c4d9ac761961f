import { setTimeout } from 'node:timers/promises'
import { NaruError } from '../../base/error.ts'
import { randomId } from '../../base/id.ts'
import type { InstanceId } from '../../model/instance.ts'
import type { SetSpec } from '../../model/set.ts'
import { containerOptions } from './container.ts'
import { isStatus, refusalOf } from './daemon.ts'
import { diskOf } from './disk.ts'
import { removeContainer } from './ending.ts'
import { imageOf, programEnvironment, requireImage } from './environment.ts'
import type { InstanceIdentity } from './identity.ts'
import { type InstanceLabel, label } from './labels.ts'
import { freeAddress } from './networks.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** Docker makes and starts a container in a fraction of a second; on a machine that is busy with a build it may take many. */
const startWithinMs = 60_000
/** A daemon that was told to end goes on answering while its containers end, and fails at everything; then it is away. */
const againAfterMs = [0, 500, 1_000, 2_000, 4_000]

/** Makes the containers of instances, each at an address of its own that it keeps for as long as it is there. */
export class InstanceMaker {
  /** Given to containers that are being made. */
  readonly #promised = new Set<string>()

  constructor(private readonly around: DockerSurroundings) {}

  /** Makes one and starts it, after some tries if need be. Leaves nothing behind if it throws: `engine.start-failed`. */
  async make(spec: SetSpec, taken: () => ReadonlySet<string>): Promise<InstanceIdentity> {
    const tried = new Set<string>()
    for (let attempt = 0; ; attempt += 1) {
      const id = `${spec.set.service}-${randomId()}`
      try {
        return await this.#make(id, spec, taken, tried)
      } catch (error) {
        if (error instanceof NaruError) throw error
        const waitMs = againAfterMs[attempt]
        if (waitMs === undefined || !mayPass(error)) {
          const reason = refusalOf(error)
          throw new NaruError('engine.start-failed', { instance: id, reason }, { cause: error })
        }
        await setTimeout(waitMs, undefined, { signal: this.around.closing })
      }
    }
  }

  /** `tried`: addresses that it takes no more; the next one is added. */
  async #make(
    id: InstanceId,
    spec: SetSpec,
    taken: () => ReadonlySet<string>,
    tried: Set<string>,
  ): Promise<InstanceIdentity> {
    const { daemon, networks } = this.around
    const network = await networks.of(spec.set, tried.size > 0)
    const host = freeAddress(network, new Set([...taken(), ...tried, ...this.#promised]))
    if (host === null) throw new Error(`the network ${network.name} is full`)
    tried.add(host)
    this.#promised.add(host)
    let container: string | null = null
    try {
      const kept = await this.#labelOf(spec, host)
      const disk = spec.resources.ioBytesPerSecond === undefined ? null : await this.#disk(id)
      const options = this.#optionsOf(id, spec, kept, { network: network.name, disk })
      const made = await daemon.call((docker) => docker.createContainer(options), startWithinMs)
      container = made.id
      await daemon.call(() => made.start(), startWithinMs)
      return { id, container, set: spec.set, kept }
    } catch (error) {
      if (container !== null) await this.#discard(container)
      throw error
    } finally {
      this.#promised.delete(host)
    }
  }

  async #labelOf(spec: SetSpec, host: string): Promise<InstanceLabel> {
    const port = spec.port ?? (await requireImage(this.around, imageOf(spec.body))).port
    const { routed, health, stop } = spec
    return { version: 1, routed, host, port, health, stop }
  }

  async #disk(instance: InstanceId): Promise<string | null> {
    const disk = await diskOf(this.around.daemon)
    if (disk === null)
      this.around.log.warn('its limit on disk I/O holds nothing back on this machine', { instance })
    return disk
  }

  #optionsOf(
    id: InstanceId,
    spec: SetSpec,
    kept: InstanceLabel,
    { network, disk }: { network: string; disk: string | null },
  ) {
    const { set } = spec
    return containerOptions({
      server: this.around.server,
      kind: 'instance',
      id,
      place: set,
      labels: {
        [label.service]: set.service,
        [label.release]: String(set.release),
        [label.instance]: JSON.stringify(kept),
      },
      image: imageOf(spec.body),
      command: spec.command,
      environment: {
        ...programEnvironment({ ...spec, place: set, release: set.release }, id),
        PORT: String(kept.port),
        HOST: '0.0.0.0',
        NARU_SERVICE: set.service,
      },
      resources: spec.resources,
      disk,
      volumes: spec.volumes,
      network,
      address: kept.host,
    })
  }

  async #discard(container: string): Promise<void> {
    try {
      await removeContainer(this.around, container)
    } catch (error) {
      // It is found with the next look, and ended as what nobody wants.
      this.around.log.warn('what could not be started is left', { reason: refusalOf(error) })
    }
  }
}

/**
 * The network was removed by somebody else, a restarted daemon still holds the address for what it was starting, or it has
 * failed itself.
 */
const mayPass = (error: unknown): boolean =>
  isStatus(error, 403, 500, 503) || (isStatus(error, 404) && /network/i.test(refusalOf(error)))
