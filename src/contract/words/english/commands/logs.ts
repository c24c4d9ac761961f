export const logs = {
  summary: 'what the instances of an app wrote',
  follow: 'go on with what they write from now on',
  service: 'only this service',
  release: 'only this release, as in v2',
  since: 'only what is not older, as in 10m or 2026-03-01T12:00:00Z',
  tail: 'only the newest so many (100 with -f)',
}
