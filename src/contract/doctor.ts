/** What a look at one part of the machine found. Data only: the catalogue makes the sentences. */
export type DoctorFinding = { [K in keyof FindingFacts]: FindingOf<K> }[keyof FindingFacts]

type FindingOf<K extends keyof FindingFacts> = {
  about: K
  /** `note` is worth knowing and needs nothing done. */
  state: 'good' | 'note' | 'warning' | 'bad'
  facts: FindingFacts[K]
}

/** What each kind of finding says. Sizes are bytes, times seconds. */
export type FindingFacts = {
  node: { version: string; fits: boolean }
  git: { version: string | null; needed: string; fits: boolean }
  data: { folder: string; exists: boolean; writable: boolean }
  disk: { folder: string; freeBytes: number; totalBytes: number; usedPercent: number }
  server: { running: boolean; api: string; version: string; own: string }
  port: { flag: '--http' | '--api'; address: string; holder: string | null; ours: boolean }
  resolver: { name: string; resolves: boolean; http: string }
  locale: { locale: string; utf8: boolean }
  clock: { synchronised: boolean | null; now: string }
  wall: { stands: boolean; user: string; root: boolean }
  /** What holds builds back behind the apps; `cgroup` null: nice and ionice alone. */
  builds: { cgroup: 'v1' | 'v2' | null }
  /** `needed`: something is built for it; `system`: what os-release calls this one, then what it comes from; `host`: DOCKER_HOST. */
  docker: {
    version: string | null
    trouble: DockerTrouble | null
    needed: boolean
    host: string
    system: string
    user: string
  }
  /** Why containers can reach the ports of this machine. */
  containers: { reason: string }
  boot: { file: string | null; possible: boolean }
  tool: { tool: string; version: string | null; builds: string }
  bound: { what: BoundName; used: number; limit: number | null; unit: 'bytes' | 'rows' }
  bounds: { known: false }
}

/** Why no Docker Engine answers: not installed, not running, not ours to use, hanging, on another machine, or with containers that cannot be reached from this one. */
export type DockerTrouble = 'missing' | 'stopped' | 'forbidden' | 'silent' | 'elsewhere' | 'apart'

/** What grows and is held within a bound. */
export type BoundName =
  | 'cache'
  | 'instance-logs'
  | 'build-logs'
  | 'events'
  | 'server-log'
  | 'copies'
  | 'database'
  | 'git'

export const finding = <K extends keyof FindingFacts>(
  about: K,
  state: DoctorFinding['state'],
  facts: FindingFacts[K],
): DoctorFinding => ({ about, state, facts }) as DoctorFinding
