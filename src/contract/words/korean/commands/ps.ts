import type { Words } from '../../words.ts'

export const ps: Words['commands']['ps'] = {
  summary: '앱의 실행 중인 인스턴스를 보여 줍니다',
  none: (app) => `${app}에는 인스턴스가 없습니다`,
  head: ['서비스', '릴리스', '건강', 'PID', '주소', '시작', '재시작'],
  usageHead: ['CPU', '메모리', '프로세스'],
  lastEnd: (exit, ago) => `마지막 종료: ${exit}, ${ago}`,
}
