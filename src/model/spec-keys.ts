/** A mapping of `naru.yaml` whose keys are fixed. */
export type SpecMapping = 'root' | 'build' | 'service' | 'replicas' | 'health' | 'stop' | 'route'

/** What a key that belongs to a later version is answered with. */
export const notInThisVersion = 'not in this version'

/** The keys that mean something, in the order in which the docs show them. */
export const specKeys = {
  root: ['app', 'build', 'services', 'routes', 'settings', 'secrets'],
  build: ['command'],
  service: [
    'command',
    'replicas',
    'health',
    'healthy-for',
    'healthy-within',
    'settle',
    'stop',
    'overlap',
  ],
  replicas: [],
  health: ['path', 'after', 'every', 'timeout'],
  stop: ['signal', 'grace'],
  route: ['host', 'path', 'service'],
} as const satisfies Record<SpecMapping, readonly string[]>

export type SpecKey<M extends SpecMapping> = (typeof specKeys)[M][number]

/** Why a key is refused: it comes later, it belongs elsewhere, or nobody knows it. */
export function judgeKey(
  mapping: SpecMapping,
  key: string,
): { expected: string; nearest?: string } {
  if (later[mapping].includes(key) || laterAnywhere.includes(key))
    return { expected: notInThisVersion }
  const valid: readonly string[] = specKeys[mapping]
  const nearest = nearestKey(key, valid)
  if (nearest !== undefined) return { expected: oneOf(valid), nearest }
  const home = homeOf(key)
  return home === undefined ? { expected: oneOf(valid) } : { expected: `it as ${home}` }
}

/** "one of a, b, c". */
export const oneOf = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? 'no keys') : `one of ${names.join(', ')}`

/** The name that was probably meant: the same but for spelling, a word other tools use, or a typing slip away. */
export function nearestKey(typed: string, names: readonly string[]): string | undefined {
  const word = plain(typed)
  const same = names.find((name) => plain(name) === word)
  if (same !== undefined) return same
  const meant = otherWords.get(word)?.find((name) => names.includes(name))
  if (meant !== undefined) return meant
  if (word.length > 40) return undefined
  const [best] = names
    .map((name) => ({ name, slips: distance(word, plain(name)) }))
    .sort((a, b) => a.slips - b.slips)
  return best && best.slips <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined
}

const later: Record<SpecMapping, readonly string[]> = {
  root: ['pipeline', 'jobs', 'environments', 'slo', 'notify', 'volumes'],
  build: ['dockerfile', 'packages'],
  service: ['port', 'resources', 'volumes', 'uses'],
  replicas: ['min', 'max', 'cpu', 'memory'],
  health: [],
  stop: [],
  route: ['limits'],
}

const laterAnywhere = ['strategy', 'promote', 'deploy']

/** Where each key of a nested mapping belongs, for one that was written a level too high or too low. */
function homeOf(key: string): string | undefined {
  for (const [mapping, path] of homes) {
    const keys: readonly string[] = [...specKeys[mapping], ...later[mapping]]
    if (keys.includes(key)) return `${path}${key}`
  }
  return undefined
}

const homes: readonly [SpecMapping, string][] = [
  ['root', 'top-level '],
  ['service', 'services.<name>.'],
  ['health', 'services.<name>.health.'],
  ['stop', 'services.<name>.stop.'],
  ['build', 'build.'],
  ['route', 'routes[].'],
]

/** What other tools call it. */
const otherWords: ReadonlyMap<string, readonly string[]> = new Map([
  ['name', ['app']],
  ['env', ['settings']],
  ['environment', ['settings']],
  ['variables', ['settings']],
  ['vars', ['settings']],
  ['processes', ['services']],
  ['process', ['services']],
  ['domains', ['routes']],
  ['ingress', ['routes']],
  ['domain', ['host']],
  ['hostname', ['host']],
  ['prefix', ['path']],
  ['cmd', ['command']],
  ['run', ['command']],
  ['start', ['command']],
  ['entrypoint', ['command']],
  ['instances', ['replicas']],
  ['scale', ['replicas']],
  ['count', ['replicas']],
  ['healthcheck', ['health']],
  ['interval', ['every']],
  ['initialdelay', ['after']],
  ['graceperiod', ['grace']],
  ['killtimeout', ['grace']],
])

const plain = (name: string): string => name.toLowerCase().replace(/[-_ ]/g, '')

/** How many letters must be typed, dropped, changed or swapped to get from one word to the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + change)
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (swapped) cost = Math.min(cost, at(beforeLast, j - 2) + 1)
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return at(last, to.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
