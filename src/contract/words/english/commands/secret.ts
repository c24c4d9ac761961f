export const secret = {
  summary: "an app's secrets; their values are never shown",
  none: (app: string) => `${app} has no secrets`,
  head: ['secret', 'version', 'set'] as const,
  list: { summary: 'the names of the secrets' },
  set: {
    summary: 'set a secret to what is typed, or to stdin, and deploy it',
    neverAnArgument:
      "a secret's value is never an argument, since others could read it there; nothing was set",
    question: (name: string, app: string) => `Value of ${name} for ${app} (it stays hidden): `,
  },
  unset: { summary: 'remove secrets, and deploy that' },
  rotateKey: {
    summary: 'seal every secret of this server with a new key, and forget the old one',
    done: (secrets: number) =>
      `${secrets === 1 ? 'One version of a secret is' : `${secrets} versions of secrets are`} sealed with a new key; what runs goes on. Copies of the database made before hold secrets that no key opens any more.`,
  },
}
