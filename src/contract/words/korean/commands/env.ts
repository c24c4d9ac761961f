import type { Words } from '../../words.ts'
import { listed } from '../grammar.ts'

export const env: Words['commands']['env'] = {
  summary: '앱의 환경을 보여 줍니다. 환경마다 자기 설정으로 앱이 실행됩니다',
  head: ['환경', '브랜치', '안정', '주소'],
  nothingYet: '아직 없음',
  list: { summary: '환경을 보여 줍니다' },
  create: {
    summary: 'staging과 같은 환경을 만듭니다',
    branch: '이곳에 배포할 브랜치. 없으면 naru.yaml이 정한 것, 또는 환경과 같은 이름',
    from: '설정을 가져올 환경 (비밀 값은 복사하지 않습니다)',
    done: (name, app) => `${app}의 환경을 만들었습니다: ${name}`,
    next: (branch) => `다음: git push naru ${branch}`,
    visit: (address) => `주소: ${address}`,
    secrets: (names, environment) =>
      `비밀 값이라 복사하지 않은 것: ${listed(names)} (naru secret set NAME --env ${environment})`,
  },
  destroy: {
    summary: '환경의 모든 것을 끝내고 지웁니다',
    confirm: '묻는 대신 미리 적는 환경 이름',
    done: (name, app) => `${app}의 환경을 지웠습니다: ${name} (인스턴스, 릴리스, 설정, 비밀 값)`,
    nobody: (name, app) =>
      `${app}의 ${name} 환경을 영원히 지우는 일인데 물어볼 사람이 없습니다. 지운 것은 없습니다`,
    warning: (name, app) =>
      `${app}의 ${name} 환경을 끝내고 그 릴리스, 설정, 비밀 값을 영원히 지웁니다.`,
    question: '계속하려면 이름을 입력하십시오: ',
  },
}
