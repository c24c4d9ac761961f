export const settings = {
  summary: "an app's settings",
  none: (app: string) => `${app} has no settings of its own`,
  list: { summary: 'the settings' },
  set: { summary: 'set settings, and deploy them' },
  unset: { summary: 'remove settings, and deploy that' },
  import: {
    summary: 'take over what a .env file says; what looks like a secret becomes one',
    allSecret: 'all of it as secrets',
    allPlain: 'all of it as settings, which everybody with access can read',
    skipped: (names: string[]) =>
      `left out, since Naru sets them itself or no program could be given them: ${names.join(', ')}`,
    asSecrets: (names: string[]) => `as secrets, by their names: ${names.join(', ')}`,
    asSettings: (names: string[]) => `as settings: ${names.join(', ')}`,
  },
}
