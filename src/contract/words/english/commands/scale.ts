export const scale = {
  summary: 'how many instances each service has; name=count changes it',
  reset: 'as many of this service as naru.yaml says',
  confirm: 'the name of the app, where 0 instances of what visitors reach are meant',
  head: ['service', 'instances', 'by'] as const,
  byScale: 'naru scale',
  byRelease: 'naru.yaml',
  none: (app: string, branch: string) => `${app} has no services yet: git push naru ${branch}`,
}
