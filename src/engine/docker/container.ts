import type Dockerode from 'dockerode'
import { Secret } from '../../base/secret.ts'
import type { Place } from '../../model/environment.ts'
import type { Command, Resources } from '../../model/spec.ts'
import { type ContainerKind, label, labelsOfServer } from './labels.ts'
import { volumeName } from './volumes.ts'

/** What every container of Naru is made of, whatever it is for. */
export type ContainerWish = {
  server: string
  kind: ContainerKind
  /** Of the instance or the run; also the host name in it. */
  id: string
  place: Place
  labels: Readonly<Record<string, string>>
  image: string
  command: Command
  environment: Readonly<Record<string, string | Secret>>
  resources: Resources
  /** The disk on which `ioBytesPerSecond` holds; null: there is none on which it could. */
  disk?: string | null
  volumes: Readonly<Record<string, string>>
  network: string
  /** Fixed; null: any. */
  address: string | null
}

/** Threads count as processes: enough for any runtime, and no fork bomb. */
const defaultPids = 512
const logBytes = '10m'
const logFiles = '3'

/**
 * What images that begin as root need to make folders their own and to become another user; everything else is taken
 * away: no raw packets, no devices, no mounts, no kernel.
 */
const capabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'KILL',
  'NET_BIND_SERVICE',
  'SETGID',
  'SETUID',
]

/** The daemon's name for it: it says whose it is when somebody looks with `docker ps`. */
export const containerName = ({
  server,
  place,
  id,
}: Pick<ContainerWish, 'server' | 'place' | 'id'>) =>
  `naru-${server}-${place.app}-${place.environment}-${id}`

/** How the container is made: walled in, bounded, without a port of this machine, and never started by the daemon itself. */
export function containerOptions(wish: ContainerWish): Dockerode.ContainerCreateOptions {
  const { server, place, resources, network, address } = wish
  const command = commandOf(wish.command)
  return {
    name: containerName(wish),
    Image: wish.image,
    // Without it the image's own: what it starts by itself.
    ...(command.length > 0 ? { Cmd: command } : {}),
    Env: Object.entries(wish.environment).map(
      ([name, value]) => `${name}=${value instanceof Secret ? value.reveal() : value}`,
    ),
    Hostname: wish.id.slice(0, 63),
    Labels: {
      ...labelsOfServer(server),
      [label.kind]: wish.kind,
      [label.app]: place.app,
      [label.environment]: place.environment,
      [label.id]: wish.id,
      ...wish.labels,
    },
    HostConfig: {
      Init: true,
      Privileged: false,
      CapDrop: ['ALL'],
      CapAdd: capabilities,
      SecurityOpt: ['no-new-privileges'],
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': logBytes, 'max-file': logFiles } },
      NetworkMode: network,
      PidsLimit: resources.pids ?? defaultPids,
      ...(resources.cpu === undefined ? {} : { NanoCpus: Math.round(resources.cpu * 1e9) }),
      // No swap beside it: what is over its limit ends, and slows nobody down.
      ...(resources.memoryBytes === undefined
        ? {}
        : { Memory: resources.memoryBytes, MemorySwap: resources.memoryBytes }),
      ...ioLimits(resources, wish.disk ?? null),
      Mounts: Object.entries(wish.volumes).map(([name, path]) => ({
        Type: 'volume' as const,
        Source: volumeName(server, place, name),
        Target: path,
      })),
    },
    ...(address === null
      ? {}
      : {
          NetworkingConfig: {
            EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } },
          },
        }),
  }
}

/** Reading and writing, each. */
function ioLimits({ ioBytesPerSecond: rate }: Resources, disk: string | null) {
  if (rate === undefined || disk === null) return {}
  const limit = [{ Path: disk, Rate: rate }]
  return { BlkioDeviceReadBps: limit, BlkioDeviceWriteBps: limit }
}

/** As the image's entrypoint gets it. */
export const commandOf = (command: Command): string[] =>
  typeof command === 'string' ? ['/bin/sh', '-c', command] : [...command]
