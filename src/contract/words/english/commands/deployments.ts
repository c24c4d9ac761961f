import { releaseName as v } from '../../../../model/release.ts'

export const deployments = {
  summary: 'the deployments of an app, newest first',
  none: (app: string, branch: string) => `${app} has no deployments yet: git push naru ${branch}`,
  head: ['deployment', 'release', 'kind', 'status', 'took', 'queued', 'by', ''] as const,
  show: {
    summary: 'the story of a deployment: each step, when, why, and what was serving',
    title: (deployment: number, kind: string, release: number, status: string) =>
      `deployment ${deployment} (${kind}): ${v(release)} ${status}`,
    /** `day` and `clock` in the local zone. */
    asked: (by: string, day: string, clock: string, stable: number | null) =>
      `asked for by ${by} on ${day} at ${clock}, when ${stable === null ? 'nothing served before' : `${v(stable)} was stable`}`,
    why: (reason: string) => `why: ${reason}`,
    step: (release: number, status: string) => `${v(release)} ${status}`,
    after: (seconds: string) => `+${seconds} s`,
    head: ['time', 'after', 'serving', 'step'] as const,
  },
  abort: {
    summary: 'take a running deployment back, to what served before',
    done: (deployment: string, serves: string) => `${deployment}; ${serves}`,
  },
}
