import { sayDuration } from '../../../../base/duration.ts'
import { releaseName as v } from '../../../../model/release.ts'

export const status = {
  summary: 'what an app is doing now; outside a repository, what the server is',
  server: {
    apps: 'apps',
    engine: 'engine',
    api: 'api',
    http: 'http',
    data: 'data',
    up: 'up',
    since: (ago: string, pid: number) => `since ${ago.replace(/^on /, '')} (pid ${pid})`,
    noApps: 'none yet: naru init in a repository makes one',
  },
  place: {
    address: 'address',
    serving: 'serving',
    stable: 'stable',
    warm: 'warm',
    now: 'now',
    last: 'last',
    none: 'none',
    nothingYet: (branch: string) => `nothing yet: git push naru ${branch}`,
    both: (release: number, beside: number) =>
      `${v(release)} and ${v(beside)}, while one replaces the other`,
    warmFor: (release: number, seconds: number) => `${v(release)} for ${sayDuration(seconds)} more`,
  },
  /** "deployment 4: v3 became stable, by owner, 2 min ago"; `status` is what `sayStatus` says. */
  deployment: (facts: {
    deployment: number
    release: number
    status: string
    why: string | null
    by: string
    ago: string
  }) =>
    `deployment ${facts.deployment}: ${v(facts.release)} ${facts.status}${facts.why === null ? '' : ` (${facts.why})`}, by ${facts.by}, ${facts.ago}`,
}
