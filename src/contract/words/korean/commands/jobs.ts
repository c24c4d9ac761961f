import { releaseName as v } from '../../../../model/release.ts'
import type { Words } from '../../words.ts'

export const jobs: Words['commands']['jobs'] = {
  summary: '앱의 작업 실행을 새것부터 보여 줍니다',
  none: (app, environment) =>
    `${app}의 ${environment}에서 실행한 작업이 없습니다: naru jobs run NAME으로 naru.yaml의 jobs에 있는 작업을 실행합니다`,
  head: ['실행', '작업', '릴리스', '상태', '누가', '시작', '걸린 시간', '끝'],
  run: {
    summary: '서비스 중인 릴리스의 작업을 실행하고 끝까지 따라갑니다',
    detach: '시작되면 바로 돌아옵니다',
    begun: (run) => `실행 ${run} 시작: naru jobs show ${run} -f`,
    line: ({ job, release, run }) => `${v(release)}의 작업 ${job}: 실행 ${run}`,
    done: (job, took) => `작업 ${job}: ${took} 만에 끝났습니다`,
  },
  show: {
    summary: '실행 하나와 그 출력을 보여 줍니다',
    follow: '실행이 끝날 때까지 계속 보여 줍니다',
    line: ({ run, job, release, status, by, took, exit }) =>
      `실행 ${run}: ${v(release)}의 작업 ${job}, ${status}${took === null ? '' : `, ${took}`}${exit === '-' ? '' : `, ${exit}`} (요청: ${by})`,
  },
  cancel: {
    summary: '실행을 끝냅니다',
    done: (run) => `실행 취소: ${run}. 실행 중인 것은 아무것도 남지 않았습니다`,
  },
}
