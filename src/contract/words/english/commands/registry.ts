export const registry = {
  summary: 'registries of images at which Naru is somebody, for what is private there',
  head: ['host', 'user', 'since'] as const,
  none: 'none: only what is public is fetched',
  login: {
    summary:
      'who Naru is at a registry; the password, or a token of it, is asked for or read from standard input',
    user: 'the name there',
    question: (host: string, user: string) => `Password of ${user} at ${host}: `,
    done: (host: string, user: string) =>
      `Naru is ${user} at ${host} from the next build on. Whether the password is right shows then.`,
  },
  logout: {
    summary: 'forget it',
    done: (host: string) => `Naru is nobody at ${host} any more.`,
  },
}
