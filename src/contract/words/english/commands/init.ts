export const init = {
  summary: 'make an app of the repository you stand in, and a remote to push it to',
  made: (app: string) => `${app} is made, and the remote naru leads to it.`,
  existed: (app: string) => `${app} exists already; the remote naru leads to it.`,
  password: 'git will ask for a password: that is the token of the server.',
  next: (command: string) => `Next: ${command}`,
  visit: (address: string) => `Then: ${address}`,
  or: (command: string) => `  or: ${command}`,
  commitFirst: (push: string) => `git add -A, git commit -m 'First', then ${push}`,
}
