/**
 * Git's credential helper: the user name and, as the password, the token in the file `token` beside it. Git starts it
 * with `get`, `store` or `erase`; nothing is stored here and nothing erased. Where the token cannot be read, it tells
 * git to stop, instead of letting it ask a person for a password that nobody knows.
 */
export const credentialScript = `#!/bin/sh
test "$1" = get || exit 0
token=$(cat -- "\${0%/*}/token") || { echo quit=1; exit 1; }
printf 'username=naru\\npassword=%s\\n' "$token"
`

export type ConfigEntry = { key: string; value: string }

/**
 * What a repository's own configuration says so that git finds the token for `apiUrl` by itself. Unset each key first,
 * then add every entry in this order: the empty helper makes git forget those of the account and the machine,
 * which would otherwise be asked first and be told the token to store.
 */
export function credentialConfig(apiUrl: string, script: string): ConfigEntry[] {
  const section = `credential.${new URL(apiUrl).origin}`
  return [
    { key: `${section}.username`, value: 'naru' },
    { key: `${section}.helper`, value: '' },
    { key: `${section}.helper`, value: helperFor(script) },
  ]
}

/**
 * The one shell text with a variable in Naru, since git takes a helper in no other form: what follows `!` is given to
 * /bin/sh, with the operation as its argument. In single quotes everything but a single quote stands for itself.
 */
const helperFor = (script: string) => `!'${script.replaceAll("'", `'\\''`)}'`
