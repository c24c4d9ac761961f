import { NaruError } from '../base/error.ts'

/** Apps, environments and services: a DNS label, so that each can be part of a host name. */
export const label = /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/
/** Settings and secrets: what every shell and every language reads from its environment. */
export const variable = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/** Branches, by the rules of git check-ref-format, and no option and no name that git gives a meaning of its own. */
export const branch =
  /^(?!-|\/|@$|HEAD$|refs\/)(?!.*(?:\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)))(?!\.)[^\p{Cc}\p{Surrogate} ~^:?*[\\]{1,200}(?<![./])$/u

export const isLabel = (name: string): boolean => label.test(name)
export const isVariable = (name: string): boolean => variable.test(name)
export const isBranch = (name: string): boolean => branch.test(name)

/** Whether Naru itself sets a variable of that name for every instance, so that nobody else can. */
export const isReserved = (name: string): boolean =>
  reservedVariables.includes(name) || name.startsWith('NARU_')

/** The last one no object could keep. */
export const reservedVariables: readonly string[] = [
  'PORT',
  'HOST',
  'PATH',
  'HOME',
  'TMPDIR',
  '__proto__',
]

/** Whether the name of a variable says that its value is nobody else's business, "API_KEY", "DATABASE_URL". */
export const looksSecret = (name: string): boolean =>
  !shownToAll.test(name) && (secretWords.test(name) || secretParts.test(name))

/** What these begin with is put into pages that everybody may read. */
const shownToAll = /^(?:NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|REACT_APP|GATSBY|PUBLIC|VITE)_/
/** Secret wherever they stand. */
const secretWords = /SECRET|TOKEN|KEY|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL/i
/** Secret as a word of their own alone, "AUTH" but not "AUTHOR". */
const secretParts =
  /(?:^|_)(?:(?:PASS|DSN|AUTH|PRIVATE|SALT)(?:_|$)|(?:DATABASE|REDIS|MONGO(?:DB)?|AMQP|POSTGRES(?:QL)?|MYSQL)_?(?:URL|URI)$)/i

/** The name back, or `name.invalid` naming what it was for, "app", "service". */
export function checkedLabel(what: string, name: string): string {
  if (!isLabel(name)) throw new NaruError('name.invalid', { what, name })
  return name
}
