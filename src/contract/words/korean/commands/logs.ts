import type { Words } from '../../words.ts'

export const logs: Words['commands']['logs'] = {
  summary: '앱의 인스턴스가 남긴 로그를 보여 줍니다',
  follow: '앞으로 남기는 로그도 계속 보여 줍니다',
  service: '이 서비스의 것만',
  release: '이 릴리스의 것만 (예: v2)',
  since: '이 시각 이후의 것만 (예: 10m, 2026-03-01T12:00:00Z)',
  tail: '가장 새로운 몇 줄만 (-f를 쓰면 100)',
}
