import type { Words } from '../../words.ts'

export const tokens: Words['commands']['tokens'] = {
  summary: '이 서버를 여는 토큰',
  list: '토큰 목록',
  never: '아직 없음',
  head: ['토큰', '종류', '만든 토큰', '만든 때', '쓴 때'],
  create: {
    summary: '토큰을 만듭니다. 이번 한 번만 보여 줍니다',
    kind: 'owner: 모두, deployer: 배포에 필요한 모두, reader: 보기만',
    done: (name, kind, address) =>
      `토큰 ${name} (${kind}): 이번 한 번만 보여 줍니다. 받은 사람은 이렇게 씁니다: naru login ${address}`,
  },
  revoke: {
    summary: '토큰을 없앱니다. 그때부터 아무것도 열지 못하고, 열어 둔 것도 끝납니다',
    done: (name) => `토큰 ${name}: 이제 아무것도 열지 못하고, 열어 둔 것도 끝났습니다.`,
  },
}
