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

/** What an engine gives to every instance itself. */
export const isReserved = (name: string): boolean =>
  /^(?:PORT|HOST|PATH|HOME|TMPDIR|NARU_.*)$/.test(name)

/** Whether the name of a variable says that its value is nobody else's business, "API_KEY", "DATABASE_URL". */
export const looksSecret = (name: string): boolean =>
  /(?:^|_)(?:SECRET|TOKEN|KEY|PASS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|DSN|AUTH|PRIVATE|SALT)(?:_|$)|^(?:DATABASE|REDIS|MONGO(?:DB)?|AMQP|POSTGRES(?:QL)?|MYSQL)_?(?:URL|URI)$/i.test(
    name,
  )

/** The name back, or `name.invalid` naming what it was for, "app", "service". */
export function checkedLabel(what: string, name: string): string {
  if (!isLabel(name)) throw new NaruError('name.invalid', { what, name })
  return name
}
