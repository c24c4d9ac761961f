export const apps = {
  summary: 'the apps on this server',
  none: 'no apps yet: naru init in a repository makes one',
  nothingYet: 'nothing yet',
  head: ['app', 'stable', 'made', 'address'] as const,
}
