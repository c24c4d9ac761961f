import type { Words } from '../../words.ts'
import { object } from '../particles.ts'

export const destroy: Words['commands']['destroy'] = {
  summary: '앱을 끝내고 Naru가 보관하는 모든 것을 지웁니다',
  confirm: '묻지 않도록 앱의 이름을 미리 줍니다',
  done: (app) => `${object(app)} 지웠습니다: 인스턴스, 릴리스, 비밀 값, 로그`,
  wholeApp: (app, environment) =>
    `${app} 전체를 지우는 명령인데 환경 하나를 적었습니다(${environment}). 지운 것은 없습니다`,
  nobody: (app) =>
    `${object(app)} 영원히 지우는 명령인데 물어볼 사람이 없습니다. 지운 것은 없습니다`,
  warning: (app) =>
    `${object(app)} 끝내고 릴리스, 설정, 비밀 값, 로그, 푸시한 커밋을 영원히 지웁니다.`,
  question: '계속하려면 앱 이름을 입력하십시오: ',
}
