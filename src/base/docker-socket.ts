/** Where a Docker Engine is reached that nobody has said anything else of. */
const usual = '/var/run/docker.sock'

/** Path of the socket that a value of DOCKER_HOST names; undefined: it is none of this machine's. */
export function dockerSocket(host: string | undefined): string | undefined {
  if (host === undefined || host === '') return usual
  return /^unix:\/\/(\/.*)$/.exec(host)?.[1]
}
