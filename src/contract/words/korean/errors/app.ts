import type { ErrorWords } from '../../said.ts'
import { placeOptions, quoted, typable } from '../../text.ts'
import { listed } from '../grammar.ts'
import { object, topic } from '../particles.ts'
import { inKorean } from '../phrases.ts'

export const appErrors = {
  'app.unknown': ({ app }) => ({
    message: `이 서버에는 ${quoted(app)} 앱이 없습니다`,
    hint: '있는 앱은 naru apps로 보고, 지금 있는 저장소로 앱을 만들려면 naru init을 실행하십시오',
  }),
  'app.exists': ({ app }) => ({
    message: `${quoted(app)} 앱이 이미 있습니다`,
    hint: `naru status --app ${app}`,
  }),
  'app.unnamed': () => ({
    message: '어느 앱인지 알 수 없습니다. --app도 없고, Naru를 아는 저장소도 아닙니다',
    hint: '저장소에서 naru init을 실행하거나 --app NAME을 붙이십시오',
  }),
  'name.invalid': ({ what, name }) => ({
    message: `${topic(quoted(name))} ${inKorean(what)} 이름이 될 수 없습니다`,
    hint:
      what === 'setting' || what === 'secret'
        ? '영문자, 숫자, _를 쓰고 숫자로 시작하지 마십시오'
        : `영문 소문자, 숫자, 붙임표로 1~40자를 쓰십시오. 영문자로 시작하고 붙임표로 끝나지 않아야 합니다${what === 'app' ? '(예: --app shop)' : ''}`,
  }),
  'environment.unknown': ({ app, environment }) => ({
    message: `${app}에는 ${quoted(environment)} 환경이 없습니다`,
    hint: `naru env list --app ${app}`,
  }),
  'confirm.mismatch': ({ expected, found, app }) => ({
    message: `${app === undefined ? '앱' : '환경'}의 이름은 ${quoted(expected)}인데 ${object(quoted(found))} 확인으로 받아서 아무것도 지우지 않았습니다`,
    hint:
      app === undefined
        ? `naru destroy --app ${expected} --confirm ${expected}`
        : `naru env destroy ${expected} --app ${app} --confirm ${expected}`,
  }),
  'registry.unknown': ({ host, hosts }) => ({
    message: `로그인하지 않은 레지스트리입니다: ${host}${hosts.length > 0 ? `. 로그인한 곳: ${listed(hosts)}` : '. 다른 곳에도 로그인하지 않았습니다'}`,
    hint: 'naru registry',
  }),
  'setting.unknown': ({ app, environment, name }) => ({
    message: `${app}에는 ${quoted(name)} 설정이 없어서 바뀐 것이 없습니다`,
    hint: `naru settings list${placeOptions(app, environment)}`,
  }),
  'secret.unknown': ({ app, environment, name }) => ({
    message: `${app}에는 ${quoted(name)} 비밀 값이 없어서 바뀐 것이 없습니다`,
    hint: `naru secret list${placeOptions(app, environment)}`,
  }),
  'secret.missing': ({ app, environment, names }) => ({
    message: `${app}(${environment})에 필요한 비밀 값이 아직 정해지지 않았습니다: ${names.join(', ')}`,
    hint: `naru secret set ${names[0] ?? 'NAME'}${placeOptions(app, environment)}`,
  }),
  'secret.unreadable': ({ app, environment, name }) => ({
    message: `${app}의 비밀 값 ${object(quoted(name))} 이 서버의 키로 읽을 수 없습니다`,
    hint: `naru secret set ${name}${placeOptions(app, environment)}`,
  }),
  'value.invalid': ({ what, name, reason }) => ({
    message: `${inKorean(what)} ${quoted(name)}의 값은 쓸 수 없습니다: ${inKorean(reason)}`,
    hint: what.includes('secret')
      ? `다른 값으로 다시: naru secret set ${typable(name)}`
      : `다른 값으로 다시: naru settings set ${typable(name)}=VALUE`,
  }),
  'host.taken': ({ host, app, environment }) => ({
    message: `호스트 ${topic(host)} ${app}(${environment})의 것이라 거절했습니다`,
    hint: 'naru.yaml의 routes에 다른 호스트를 적으십시오',
  }),
} satisfies Partial<ErrorWords>
