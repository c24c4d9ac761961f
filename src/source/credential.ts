/**
 * Git's credential helper: the user name and, as the password, the token in the file `token` beside it. Git starts it
 * with `get`, `store` or `erase`; nothing is stored here and nothing erased. Where a file `address` names the server that
 * the token is for, no other one gets it. Where there is nothing to tell, it tells git to stop, instead of letting it ask
 * a person for a password that nobody knows.
 */
export const credentialScript = `#!/bin/sh
test "$1" = get || exit 0
folder=\${0%/*}
if test -e "$folder/address"; then
  while IFS= read -r line && test -n "$line"; do
    case $line in
      protocol=*) protocol=\${line#*=} ;;
      host=*) host=\${line#*=} ;;
    esac
  done
  address=$(cat -- "$folder/address") && test "$protocol://$host" = "$address" || {
    echo "naru: $protocol://$host is not the server of this login any more; naru init joins another" >&2
    echo quit=1
    exit 1
  }
fi
token=$(cat -- "$folder/token") || { echo quit=1; exit 1; }
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
