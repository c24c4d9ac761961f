import type { Words } from '../../words.ts'

export const version: Words['commands']['version'] = {
  summary: '명령줄의 버전과, 응답하는 서버가 있으면 그 버전을 보여 줍니다',
  otherServer: (address, found) => `${address} 주소의 서버는 ${found} 버전입니다: naru up`,
}
