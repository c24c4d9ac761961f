export const releases = {
  summary: 'the releases of an app, newest first',
  none: (app: string, branch: string) => `${app} has no releases yet: git push naru ${branch}`,
  head: ['release', 'state', 'commit', 'build', 'reason', 'made', 'by', 'title'] as const,
}
