import { releaseName as v } from '../../../../model/release.ts'
import type { Words } from '../../words.ts'
import { subject } from '../particles.ts'

export const deployments: Words['commands']['deployments'] = {
  summary: '앱의 배포를 새것부터 보여 줍니다',
  none: (app, branch) => `${app}에는 아직 배포가 없습니다: git push naru ${branch}`,
  head: ['배포', '릴리스', '종류', '상태', '걸린 시간', '대기 시작', '누가', ''],
  show: {
    summary: '배포 하나의 이야기를 보여 줍니다. 단계마다 언제, 왜, 무엇이 서비스 중이었는지',
    title: (deployment, kind, release, status) =>
      `배포 ${deployment} (${kind}): ${v(release)} ${status}`,
    asked: (by, day, clock, stable) =>
      `${subject(by)} ${day} ${clock}에 요청했습니다. 그때 ${stable === null ? '서비스 중인 것은 없었습니다' : `안정 릴리스는 ${v(stable)}였습니다`}`,
    why: (reason) => `이유: ${reason}`,
    step: (release, status) => `${v(release)}: ${status}`,
    after: (seconds) => `+${seconds}초`,
    head: ['시각', '간격', '서비스 중', '단계'],
  },
  abort: {
    summary: '진행 중인 배포를 멈추고 앞의 릴리스로 되돌립니다',
    done: (deployment, serves) => `${deployment}. ${serves}`,
  },
}
