import type { Words } from '../../words.ts'

export const exec: Words['commands']['exec'] = {
  summary: '서비스 중인 인스턴스 안에서 셸과 같은 명령을 실행합니다',
  service: '서비스 이름 (naru ps)',
  command: '프로그램과 그 인수',
  instance: '인스턴스의 id (naru ps --json). 없으면 가장 오래 실행된 것',
}
