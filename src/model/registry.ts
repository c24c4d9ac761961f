/** The registry of an image's name without one. */
export const dockerHub = 'docker.io'

/** A host, with its port where it has one: "ghcr.io", "registry.example.com:5000". */
export const isRegistryHost = (text: string): boolean =>
  text.length <= 255 && /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/.test(text)

/** The host of an image's registry: what comes before its first slash, if that can be one. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  return isHost ? first : dockerHub
}

/** Docker's own registry has many names in the programs that speak to it. */
export function registryNamed(asked: string): string {
  const host = asked.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return ['registry-1.docker.io', 'index.docker.io', 'auth.docker.io'].includes(host)
    ? dockerHub
    : host
}
