import type { Words } from '../../words.ts'

export const builds: Words['commands']['builds'] = {
  summary: '앱의 빌드를 새것부터 보여 줍니다',
  none: (app, branch) => `${app}에는 아직 빌드가 없습니다: git push naru ${branch}`,
  head: ['빌드', '환경', '상태', '커밋', '걸린 시간', '대기 시작', '누가', '제목'],
  state: (status, ahead) =>
    ahead === null ? status : `${status} (${ahead === 0 ? '다음 차례' : `앞에 ${ahead}개`})`,
  cancel: {
    summary: '기다리거나 진행 중인 빌드를 끝냅니다',
    done: (build) => `빌드 취소: ${build}. 서비스 중인 것은 계속 서비스합니다`,
  },
  show: {
    summary: '빌드 하나와 그 로그를 보여 줍니다',
    follow: '빌드가 끝날 때까지 계속 보여 줍니다',
    line: ({ build, status, why, commit, title, deployment }) =>
      `빌드 ${build}: ${status}${why === null ? '' : `: ${why}`} (${commit} ${title})${deployment === null ? '' : `, 이어진 배포: ${deployment}`}`,
  },
}
