import type { Words } from '../../words.ts'

export const secret: Words['commands']['secret'] = {
  summary: '앱의 비밀 값을 다룹니다. 값은 결코 보여 주지 않습니다',
  none: (app) => `${app}에는 비밀 값이 없습니다`,
  head: ['비밀 값', '버전', '정한 때'],
  list: { summary: '비밀 값의 이름을 보여 줍니다' },
  set: {
    summary: '입력한 것이나 표준 입력으로 비밀 값을 정하고 배포합니다',
    neverAnArgument: '비밀 값은 다른 사람이 볼 수 있는 인자로는 받지 않습니다. 정한 것은 없습니다',
    question: (name, app) => `${app}의 ${name} 값 (보이지 않습니다): `,
  },
  unset: { summary: '비밀 값을 지우고 배포합니다' },
  rotateKey: {
    summary: '이 서버의 비밀 값을 모두 새 키로 봉하고 옛 키를 버립니다',
    done: (secrets) =>
      `비밀 값 버전 ${secrets}개를 새 키로 봉했습니다. 실행 중인 것은 그대로입니다. 전에 만든 데이터베이스 사본의 비밀 값은 이제 어떤 키로도 열 수 없습니다.`,
  },
}
