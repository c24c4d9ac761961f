export const down = {
  summary: 'stop the server, the router and the apps',
  keepApps: 'stop the server alone: the apps go on serving, and the next naru up adopts them',
  atBoot: 'and no more at every boot, which naru up --at-boot set up',
  notAtBoot: (file: string) => `It does not come up at boot any more; ${file} is gone.`,
  kept: 'Naru is down; the router and the apps go on.',
  done: (folder: string) =>
    `Naru is down, and its router and apps with it. All that it keeps is in ${folder}.`,
  noneRuns: (folder: string) => `No server runs on ${folder}.`,
  noneEver: (folder: string) => `No server runs on ${folder}, and none ever did.`,
  leftovers: (folder: string) =>
    `No server ran on ${folder}; no router and no app of it runs either now.`,
  stillThere: (pid: number, seconds: number) =>
    `the server (pid ${pid}) has not ended ${seconds} s after it was told to`,
}
