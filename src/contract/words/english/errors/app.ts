import type { ErrorWords } from '../../said.ts'
import { placeOptions, quoted, typable } from '../../text.ts'
import { article, listed } from '../grammar.ts'

export const appErrors = {
  'app.unknown': ({ app }) => ({
    message: `there is no app ${quoted(app)} on this server`,
    hint: 'naru apps shows those there are; naru init makes one of the repository you stand in',
  }),
  'app.exists': ({ app }) => ({
    message: `the app ${quoted(app)} exists already`,
    hint: `naru status --app ${app}`,
  }),
  'app.unnamed': () => ({
    message: 'nothing here says which app is meant: no --app, and no repository that knows Naru',
    hint: 'naru init in your repository, or add --app NAME',
  }),
  'name.invalid': ({ what, name }) => ({
    message: `${quoted(name)} cannot be the name of ${article(what)}`,
    hint:
      what === 'setting' || what === 'secret'
        ? 'use letters, digits and _, not starting with a digit'
        : `use 1 to 40 lower-case letters, digits and dashes, starting with a letter and not ending with a dash${what === 'app' ? ', as in --app shop' : ''}`,
  }),
  'environment.unknown': ({ app, environment }) => ({
    message: `${app} has no environment ${quoted(environment)}`,
    hint: `naru env list --app ${app}`,
  }),
  'confirm.mismatch': ({ expected, found, app }) => ({
    message: `the ${app === undefined ? 'app' : 'environment'} is called ${quoted(expected)}, but ${quoted(found)} was given to confirm, so nothing was removed`,
    hint:
      app === undefined
        ? `naru destroy --app ${expected} --confirm ${expected}`
        : `naru env destroy ${expected} --app ${app} --confirm ${expected}`,
  }),
  'registry.unknown': ({ host, hosts }) => ({
    message: `Naru is not logged in at ${host}${hosts.length > 0 ? `; it is at ${listed(hosts)}` : ', nor at any other registry'}`,
    hint: 'naru registry',
  }),
  'setting.unknown': ({ app, environment, name }) => ({
    message: `${app} has no setting ${quoted(name)}, so nothing changed`,
    hint: `naru settings list${placeOptions(app, environment)}`,
  }),
  'secret.unknown': ({ app, environment, name }) => ({
    message: `${app} has no secret ${quoted(name)}, so nothing changed`,
    hint: `naru secret list${placeOptions(app, environment)}`,
  }),
  'secret.missing': ({ app, environment, names }) => ({
    message: `${app} needs ${names.length === 1 ? 'a secret that has' : 'secrets that have'} no value yet: ${names.join(', ')}`,
    hint: `naru secret set ${names[0] ?? 'NAME'}${placeOptions(app, environment)}`,
  }),
  'secret.unreadable': ({ app, environment, name }) => ({
    message: `the secret ${quoted(name)} of ${app} cannot be read with this server's key`,
    hint: `naru secret set ${name}${placeOptions(app, environment)}`,
  }),
  'value.invalid': ({ what, name, reason }) => ({
    message: `the value given for ${what} ${quoted(name)} cannot be used: ${reason}`,
    hint: what.includes('secret')
      ? `naru secret set ${typable(name)}, with another value`
      : `naru settings set ${typable(name)}=VALUE, with another value`,
  }),
  'host.taken': ({ host, app, environment }) => ({
    message: `the host ${host} belongs to ${app} (${environment}), so this was refused`,
    hint: 'name another host under routes in naru.yaml',
  }),
} satisfies Partial<ErrorWords>
