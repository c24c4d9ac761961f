import type { Words } from '../../words.ts'

export const login: Words['commands']['login'] = {
  summary: '다른 곳의 서버를 등록합니다. 그다음 명령은 그 서버에 보냅니다',
  name: '서버를 부를 이름, 없으면 호스트 이름',
  question: (address) =>
    `${address} 서버의 토큰 (화면에 보이지 않습니다. 그 서버에서 naru tokens create로 만듭니다): `,
  inTheOpen:
    '경고: 토큰이 암호화되지 않은 HTTP로 오가므로 중간에서 읽을 수 있습니다. https:// 를 쓰면 가려집니다',
  done: (name, address, version) =>
    `${name}: ${address} (버전 ${version}). 이제 명령은 이 서버에 보냅니다. 이 컴퓨터로 돌아오려면: naru contexts use local`,
}

export const logout: Words['commands']['logout'] = {
  summary: '서버와 그 토큰을 잊습니다',
  done: (name) =>
    `여기서 ${name} 서버와 토큰을 지웠습니다. 토큰을 아주 없애려면: naru tokens revoke NAME`,
}
