export const builds = {
  summary: 'the builds of an app, newest first',
  none: (app: string, branch: string) => `${app} has no builds yet: git push naru ${branch}`,
  head: ['build', 'environment', 'status', 'commit', 'took', 'queued', 'by', 'title'] as const,
  /** `ahead`: how many wait before it; null for one that does not wait. */
  state: (status: string, ahead: number | null) =>
    ahead === null ? status : `${status} (${ahead === 0 ? 'next' : `${ahead} before it`})`,
  cancel: {
    summary: 'end a build that waits or runs',
    done: (build: number) => `build ${build} is cancelled; what serves keeps serving`,
  },
  show: {
    summary: 'one build and its log',
    follow: 'until the build is over',
    line: (facts: {
      build: number
      status: string
      why: string | null
      commit: string
      title: string
      deployment: number | null
    }) => {
      const why = facts.why === null ? '' : `: ${facts.why}`
      const came = facts.deployment === null ? '' : `, deployment ${facts.deployment} came of it`
      return `build ${facts.build}: ${facts.status}${why} (${facts.commit} ${facts.title})${came}`
    },
  },
}
