import type { Words } from '../../words.ts'

export const releases: Words['commands']['releases'] = {
  summary: '앱의 릴리스를 새것부터 보여 줍니다',
  none: (app, branch) => `${app}에는 아직 릴리스가 없습니다: git push naru ${branch}`,
  head: ['릴리스', '상태', '커밋', '빌드', '까닭', '만든 때', '누가', '제목'],
}
