import { releaseName as v } from '../../../../model/release.ts'
import type { Words } from '../../words.ts'
import { sayDuration } from '../grammar.ts'
import { together } from '../particles.ts'

export const status: Words['commands']['status'] = {
  summary: '앱이 지금 하는 일을 보여 줍니다. 저장소 밖에서는 서버의 상태를 보여 줍니다',
  server: {
    apps: '앱',
    engine: '엔진',
    api: 'API',
    http: 'HTTP',
    data: '데이터',
    up: '시작',
    since: (ago, pid) => `${ago} (pid ${pid})`,
    noApps: '아직 없음. 저장소에서 naru init을 실행하면 만들어집니다',
  },
  place: {
    address: '주소',
    serving: '서비스 중',
    stable: '안정',
    warm: '대기',
    now: '지금',
    last: '최근',
    none: '없음',
    nothingYet: (branch) => `아직 없음: git push naru ${branch}`,
    both: (release: number, beside: number) =>
      `${together(v(release))} ${v(beside)} (하나가 다른 하나를 대신하는 중)`,
    warmFor: (release, seconds) => `${v(release)}, 앞으로 ${sayDuration(seconds)}`,
  },
  deployment: ({ deployment, release, status: state, why, by, ago }) =>
    `배포 ${deployment}: ${v(release)} ${state}${why === null ? '' : ` (${why})`}, ${by}, ${ago}`,
}
