export const destroy = {
  summary: 'end an app and remove all that Naru keeps of it',
  confirm: 'the name of the app, instead of being asked for it',
  done: (app: string) => `${app} is gone: its instances, releases, secrets and logs`,
  wholeApp: (app: string, environment: string) =>
    `this removes all of ${app}, and ${environment} is one environment of it; nothing was removed`,
  nobody: (app: string) =>
    `this removes ${app} for ever, and nobody is there to be asked; nothing was removed`,
  warning: (app: string) =>
    `This ends ${app} and removes its releases, settings, secrets, logs and pushed commits for ever.`,
  question: 'Type its name to go on: ',
}
