import type { Words } from '../../words.ts'

export const run: Words['commands']['run'] = {
  summary: '서비스 중인 릴리스 안에서 그 설정과 비밀 값으로 명령을 실행합니다',
  command: '실행할 것: 셸에 줄 글 하나, 또는 프로그램과 그 인수',
  noTerminal: '터미널 앞에서도 터미널 없이 스트림만 잇습니다',
}
