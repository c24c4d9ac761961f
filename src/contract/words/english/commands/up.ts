export const up = {
  summary: 'start a server here, in the background',
  http: (first: string) => `where visitors reach the apps; as last time, at first ${first}`,
  api: (first: string) =>
    `where this command line and git reach Naru; as last time, at first ${first}`,
  domain: (first: string) => `an app is reached at <app>.<domain>; as last time, at first ${first}`,
  builds: 'builds at once; as last time, at first one for every two cores',
  engine:
    'what pushes are built for and run on, process or docker; as last time, at first docker where it answers',
  cacheLimit: 'what slugs and caches of all apps may take on the disk; as last time, at first 5GB',
  public: 'let other machines reach the apps (not the API)',
  foreground: 'stay in this terminal',
  atBoot: 'start it now and at every boot, by systemd or launchd (naru down --at-boot undoes it)',
  keptAtBoot: (file: string) => `It comes up at every boot: ${file}`,
  started: 'Naru is up.',
  updated: (version: string) =>
    `Naru is up with the programs of version ${version}; router and apps went on meanwhile.`,
  olderRouter: (log: string) =>
    `The router is still the one of before, and serves: the newer one did not come up. Why: ${log}. To try again: naru down --keep-apps, then naru up`,
  running: 'Naru runs already.',
  next: 'Next, in a git repository: naru init',
  otherVersion: (server: string, here: string) =>
    `It is version ${server} and this is ${here}: naru down --keep-apps, then naru up`,
  address: { api: 'api', apps: 'apps', data: 'data', engine: 'engine' },
  answers: (api: string, http: string) => `Naru answers at ${api}, apps at ${http}`,
}
