import type { Words } from '../../words.ts'
import { object, topic } from '../particles.ts'

export const init: Words['commands']['init'] = {
  summary: '지금 있는 저장소로 앱을 만들고, 푸시할 원격 저장소를 등록합니다',
  made: (app) => `${object(app)} 만들었습니다. 원격 저장소 naru가 이 앱으로 이어집니다.`,
  existed: (app) => `${topic(app)} 이미 있습니다. 원격 저장소 naru가 이 앱으로 이어집니다.`,
  password: 'git이 암호를 물으면 서버의 토큰을 입력하십시오.',
  next: (command) => `다음: ${command}`,
  visit: (address) => `그러면: ${address}`,
  or: (command) => `  또는: ${command}`,
  commitFirst: (push) => `git add -A, git commit -m 'First' 다음 ${push}`,
}
