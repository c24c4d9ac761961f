import type { Words } from '../../words.ts'

export const contexts: Words['commands']['contexts'] = {
  summary: '등록한 서버와, 명령을 보낼 서버',
  list: '등록한 서버',
  here: '이 컴퓨터의 서버',
  head: ['', '컨텍스트', '주소'],
  use: {
    summary: '명령을 보낼 서버를 바꿉니다. local은 이 컴퓨터입니다',
    done: (name) => `이제 명령을 보낼 서버: ${name}`,
  },
}
