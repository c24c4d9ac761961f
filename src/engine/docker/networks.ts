import { createHash } from 'node:crypto'
import type Dockerode from 'dockerode'
import { type Place, placeKey } from '../../model/environment.ts'
import { type Daemon, isStatus, refusalOf } from './daemon.ts'
import { filterOf, label, labelsOfServer } from './labels.ts'
import { blockOf, knownWays, overlap } from './ways.ts'

/** Where Naru's networks lie: 16 times 64 of them, each with room for 500 instances. Docker's own pools end after 30. */
const [firstBlock, lastBlock] = [213, 228]
const blockSize = 4

/** Of an environment of an app: nobody else's containers are in it. `base` and `third` are of its subnet, "10.213" and 4. */
export type Network = { name: string; base: string; third: number }

/** Begins the name of the bridge of each network, which a firewall can go by. */
export const bridgePrefix = 'nr'

/** The networks of this server, one for each environment of an app. */
export class Networks {
  readonly #made = new Map<string, Promise<Network>>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly daemon: Daemon,
    private readonly server: string,
  ) {}

  /** Makes it where it is not there yet. Asked again when it was found missing, it is made anew. */
  of(place: Place, anew = false): Promise<Network> {
    const key = placeKey(place)
    const known = anew ? undefined : this.#made.get(key)
    if (known !== undefined) return known
    const made = this.#inTurn(() => this.#make(place))
    this.#made.set(key, made)
    made.catch(() => this.#made.delete(key)) // Whoever asked is told.
    return made
  }

  /** Removes those that `isKept` does not name and in which nothing runs. */
  async removeOthers(isKept: (place: Place) => boolean): Promise<void> {
    for (const { Id, Labels = {} } of await this.#list()) {
      const [app, environment] = [Labels[label.app] ?? '', Labels[label.environment] ?? '']
      if (isKept({ app, environment })) continue
      this.#made.delete(placeKey({ app, environment }))
      try {
        await this.daemon.call((docker) => docker.getNetwork(Id).remove())
      } catch (error) {
        if (!isStatus(error, 403, 404, 409)) throw error // Something is in it, or it is gone.
      }
    }
  }

  async #make({ app, environment }: Place): Promise<Network> {
    const name = `naru-${this.server}-${app}-${environment}`
    const found = (await this.#list()).find(({ Name }) => Name === name)
    const subnet = found?.IPAM?.Config?.[0]?.Subnet
    if (subnet !== undefined) return networkOf(name, subnet)
    const networks = (await this.#all())
      .flatMap(subnetsOf)
      .filter((subnet) => !subnet.includes(':'))
    const taken = [...networks.map(blockOf), ...(await knownWays())]
    for (const [second, third] of blocks()) {
      const subnet = `10.${second}.${third}.0/22`
      if (taken.some((block) => overlap(block, blockOf(subnet)))) continue
      try {
        await this.daemon.call((docker, abortSignal) =>
          docker.createNetwork({
            Name: name,
            Driver: 'bridge',
            CheckDuplicate: true,
            Labels: {
              ...labelsOfServer(this.server),
              [label.app]: app,
              [label.environment]: environment,
            },
            IPAM: {
              Driver: 'default',
              Config: [
                {
                  Subnet: subnet,
                  Gateway: `10.${second}.${third}.1`,
                  // What Docker gives away by itself; the lower half is for instances, whose addresses stay.
                  IPRange: `10.${second}.${third + blockSize / 2}.0/23`,
                },
              ],
            },
            Options: { 'com.docker.network.bridge.name': bridgeOf(name) },
            abortSignal,
          }),
        )
        return networkOf(name, subnet)
      } catch (error) {
        // Another machine's network that this one has a way to, or a network that came meanwhile.
        if (!/overlap|conflict/i.test(refusalOf(error))) throw error
      }
    }
    throw new Error('no block of addresses is left for another network')
  }

  #list(): Promise<Dockerode.NetworkInspectInfo[]> {
    return this.daemon.call((docker, abortSignal) =>
      docker.listNetworks({ filters: filterOf(this.server), abortSignal }),
    )
  }

  #all(): Promise<Dockerode.NetworkInspectInfo[]> {
    return this.daemon.call((docker, abortSignal) => docker.listNetworks({ abortSignal }))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {}) // Whoever asked for it is told.
    return turn
  }
}

/** The lowest address of an instance that none of these has; null when the network is full. */
export function freeAddress({ base, third }: Network, taken: ReadonlySet<string>): string | null {
  for (let offset = 2; offset < 512; offset += 1) {
    const address = `${base}.${third + (offset >> 8)}.${offset & 255}`
    if (!taken.has(address)) return address
  }
  return null
}

function networkOf(name: string, subnet: string): Network {
  const [, base = '', third = ''] = /^(\d+\.\d+)\.(\d+)\.0\/22$/.exec(subnet) ?? []
  if (base === '') throw new Error(`the network ${name} was made by somebody else, with ${subnet}`)
  return { name, base, third: Number(third) }
}

const subnetsOf = ({ IPAM }: Dockerode.NetworkInspectInfo): string[] =>
  (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? [])

function* blocks(): Generator<[number, number]> {
  for (let second = firstBlock; second <= lastBlock; second += 1)
    for (let third = 0; third < 256; third += blockSize) yield [second, third]
}

/** Interfaces may have 15 letters. */
const bridgeOf = (name: string): string =>
  `${bridgePrefix}${createHash('sha256').update(name).digest('hex').slice(0, 12)}`
