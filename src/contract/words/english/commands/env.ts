import { listed } from '../grammar.ts'

export const env = {
  summary: 'the environments of an app: places where it runs, each with settings of its own',
  head: ['environment', 'branch', 'stable', 'address'] as const,
  nothingYet: 'nothing yet',
  list: { summary: 'the environments' },
  create: {
    summary: 'make an environment, such as staging',
    branch: 'the branch whose pushes go there; else what naru.yaml says, or its own name',
    from: 'the environment whose settings it begins with (secrets are never copied)',
    done: (name: string, app: string) => `${name} of ${app} is made.`,
    next: (branch: string) => `Next: git push naru ${branch}`,
    visit: (address: string) => `Then: ${address}`,
    secrets: (names: readonly string[], environment: string) =>
      `Not copied, since they are secrets: ${listed(names)} (naru secret set NAME --env ${environment})`,
  },
  destroy: {
    summary: 'end everything of an environment and remove it',
    confirm: 'its name, instead of being asked for it',
    done: (name: string, app: string) =>
      `${name} of ${app} is gone: its instances, releases, settings and secrets`,
    nobody: (name: string, app: string) =>
      `this removes ${name} of ${app} for ever, and nobody is there to be asked; nothing was removed`,
    warning: (name: string, app: string) =>
      `This ends ${name} of ${app} and removes its releases, settings and secrets for ever.`,
    question: 'Type its name to go on: ',
  },
}
