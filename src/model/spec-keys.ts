import type { SpecExpected } from '../base/spec-mistake.ts'
import { wordDistance } from '../base/word-distance.ts'
import { definition, type SpecMapping } from './spec-definition.ts'

/** Why a key is refused: it comes later, it belongs elsewhere, or nobody knows it. */
export function judgeKey(
  mapping: SpecMapping,
  key: string,
): { expected: SpecExpected; nearest?: string } {
  if (later[mapping].includes(key)) return { expected: { is: 'later' } }
  const names = keysOf(mapping)
  const nearest = nearestKey(key, names)
  if (nearest !== undefined) return { expected: { is: 'one-of', names }, nearest }
  const home = homeOf(key)
  if (home === undefined) return { expected: { is: 'one-of', names } }
  return { expected: home.later ? { is: 'later' } : { is: 'home', path: home.path } }
}

/** The keys of a mapping, in the order in which the docs show them. */
export const keysOf = (mapping: SpecMapping): readonly string[] => Object.keys(definition[mapping])

/** The name that was probably meant: the same but for spelling, a word other tools use, or a typing slip away. */
export function nearestKey(typed: string, names: readonly string[]): string | undefined {
  const word = plain(typed)
  const same = names.find((name) => plain(name) === word)
  if (same !== undefined) return same
  const meant = otherWords.get(word)?.find((name) => names.includes(name))
  if (meant !== undefined) return meant
  if (word.length > 40) return undefined
  const [best] = names
    .map((name) => ({ name, slips: wordDistance(word, plain(name)) }))
    .sort((a, b) => a.slips - b.slips)
  return best && best.slips <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined
}

/** Keys of later versions: known to be meant, and refused by that name. */
const later: Record<SpecMapping, readonly string[]> = {
  root: ['slo', 'notify', 'volumes'],
  build: [],
  service: ['uses'],
  resources: ['gpu'],
  replicas: ['min', 'max', 'cpu', 'memory'],
  health: [],
  stop: [],
  job: ['schedule', 'timezone', 'overlap'],
  route: [],
  timeouts: [],
  limits: ['requests', 'per'],
  environment: ['promote'],
  environmentService: ['resources'],
}

/** Where each key of a nested mapping belongs, for one that was written a level too high or too low. */
function homeOf(key: string): { path: string; later: boolean } | undefined {
  for (const [mapping, path] of homes) {
    const known = keysOf(mapping).includes(key)
    if (known || later[mapping].includes(key)) return { path: `${path}${key}`, later: !known }
  }
  return undefined
}

const homes: readonly [SpecMapping, string][] = [
  ['root', 'top-level '],
  ['service', 'services.<name>.'],
  ['health', 'services.<name>.health.'],
  ['stop', 'services.<name>.stop.'],
  ['resources', 'services.<name>.resources.'],
  ['build', 'build.'],
  ['job', 'jobs.<name>.'],
  ['route', 'routes[].'],
  ['timeouts', 'routes[].timeouts.'],
  ['limits', 'routes[].limits.'],
  ['environment', 'environments.<name>.'],
]

/** What other tools call it. */
const otherWords: ReadonlyMap<string, readonly string[]> = new Map([
  ['name', ['app']],
  ['env', ['settings']],
  ['environment', ['environments', 'settings']],
  ['stages', ['environments']],
  ['variables', ['settings']],
  ['vars', ['settings']],
  ['config', ['settings']],
  ['processes', ['services']],
  ['process', ['services']],
  ['domains', ['routes']],
  ['ingress', ['routes']],
  ['domain', ['host']],
  ['hostname', ['host']],
  ['prefix', ['path']],
  ['maxbody', ['body']],
  ['bodysize', ['body']],
  ['concurrency', ['in-flight']],
  ['maxconnections', ['in-flight']],
  ['read', ['answer']],
  ['response', ['answer']],
  ['cmd', ['command']],
  ['run', ['command']],
  ['script', ['command']],
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
  ['tests', ['pipeline']],
  ['steps', ['pipeline']],
  ['workflow', ['pipeline']],
  ['tasks', ['jobs']],
  ['cron', ['schedule']],
  ['root', ['folder']],
  ['dir', ['folder']],
  ['directory', ['folder']],
  ['context', ['folder']],
  ['publish', ['output']],
  ['dist', ['output']],
  ['spa', ['fallback']],
  ['maxtime', ['timeout']],
  ['ref', ['branch']],
  ['rollingupdate', ['rolling']],
  ['auto', ['on-push']],
  ['automatic', ['on-push']],
  ['push', ['on-push']],
  ['always', ['on-push']],
  ['predeploy', ['before-rollout']],
  ['release', ['before-rollout', 'jobs']],
  ['beforedeploy', ['before-rollout']],
  ['manual', ['by-hand']],
  ['yes', ['true']],
  ['on', ['true']],
  ['no', ['false']],
  ['off', ['false']],
])

const plain = (name: string): string => name.toLowerCase().replace(/[-_ ]/g, '')
