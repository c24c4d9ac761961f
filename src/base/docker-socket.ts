/** Where a Docker Engine is reached that nobody has said anything else of. */
const usual = '/var/run/docker.sock'

/** Path of the socket that a value of DOCKER_HOST names; undefined: it is none of this machine's. */
export function dockerSocket(host: string | undefined): string | undefined {
  if (host === undefined || host === '') return usual
  return /^unix:\/\/(\/.*)$/.exec(host)?.[1]
}

/** What an engine says of itself, as far as Naru asks. */
export type DaemonInfo = {
  ServerVersion: string
  OperatingSystem?: string
  SecurityOptions?: readonly string[]
}

/** Why the addresses of its containers lead nowhere from this machine; null where they do not. */
export function whyApart(
  { OperatingSystem, SecurityOptions }: DaemonInfo,
  platform: NodeJS.Platform,
): string | null {
  if (platform !== 'linux')
    return 'it runs in a virtual machine, whose containers cannot be reached'
  if (OperatingSystem === 'Docker Desktop')
    return 'it is Docker Desktop, whose containers cannot be reached from here'
  if (SecurityOptions?.some((option) => option.includes('rootless')) === true)
    return 'it is rootless, and its containers cannot be reached from here'
  return null
}
