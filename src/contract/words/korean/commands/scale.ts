import type { Words } from '../../words.ts'

export const scale: Words['commands']['scale'] = {
  summary: '서비스마다 인스턴스가 몇 개인지 보여 줍니다. name=count로 바꿉니다',
  reset: '이 서비스의 수를 naru.yaml대로 되돌립니다',
  confirm: '방문자가 닿는 서비스를 정말 0개로 할 때 적는 앱 이름',
  head: ['서비스', '인스턴스', '정한 곳'],
  byScale: 'naru scale',
  byRelease: 'naru.yaml',
  none: (app, branch) => `${app}에는 아직 서비스가 없습니다: git push naru ${branch}`,
}
