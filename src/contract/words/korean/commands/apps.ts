import type { Words } from '../../words.ts'

export const apps: Words['commands']['apps'] = {
  summary: '이 서버의 앱을 보여 줍니다',
  none: '아직 앱이 없습니다. 저장소에서 naru init을 실행하면 만들어집니다',
  nothingYet: '아직 없음',
  head: ['앱', '안정', '만든 때', '주소'],
}
