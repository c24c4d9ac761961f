import type { Words } from '../../words.ts'

export const registry: Words['commands']['registry'] = {
  summary: '비공개 이미지를 받으려고 로그인한 레지스트리를 보여 줍니다',
  head: ['호스트', '사용자', '언제부터'],
  none: '없음. 공개된 이미지만 받습니다',
  login: {
    summary: '레지스트리에 로그인합니다. 비밀번호나 토큰은 물어보거나 표준 입력에서 읽습니다',
    user: '그곳의 사용자 이름',
    question: (host, user) => `비밀번호 (${user}@${host}): `,
    done: (host, user) =>
      `다음 빌드부터 이 이름으로 이미지를 받습니다: ${user}@${host}. 비밀번호가 맞는지는 그때 알 수 있습니다.`,
  },
  logout: {
    summary: '로그아웃합니다',
    done: (host) => `로그아웃했습니다: ${host}`,
  },
}
