import type { Words } from '../../words.ts'
import { subject } from '../particles.ts'
import { inKorean } from '../phrases.ts'

export const engine: Words['commands']['engine'] = {
  summary: '앱을 실행하는 엔진과 푸시를 빌드할 엔진을 보여 줍니다',
  head: ['엔진', '상태'],
  chosenHead: ['어디', '빌드할 엔진', '이유'],
  everywhere: '서버',
  bySet: '따로 정함',
  why: (why, ago) =>
    why.kind === 'asked'
      ? `${subject(why.by)} 정했습니다 (${ago})`
      : why.kind === 'answers'
        ? `정할 때 Docker 엔진이 응답했습니다 (${ago})`
        : why.kind === 'silent'
          ? `정할 때 응답하는 Docker 엔진이 없었습니다 (${ago}): ${inKorean(why.reason)}`
          : '이 엔진에서 실행되던 앱이 이미 있었습니다',
  state: {
    there: '언제나 있습니다',
    answers: (version) => `응답합니다, 버전 ${version}`,
    away: (reason) => `응답하지 않습니다: ${reason} (naru doctor)`,
    exposed: (reason) => `컨테이너에서 이 컴퓨터의 포트에 닿을 수 있습니다: ${inKorean(reason)}`,
  },
  set: {
    summary: '푸시를 빌드할 엔진을 정합니다: process, docker, 서버와 같게 하려면 default',
    server: '따로 정하지 않은 모든 환경의 엔진',
    ofServer: (name) =>
      `이 서버는 다음 푸시부터 ${name} 엔진으로 빌드합니다. 실행 중인 것은 그대로 있습니다.`,
    ofPlace: (name, app, environment) =>
      `${app} (${environment}): 다음 푸시부터 ${name} 엔진으로 빌드합니다. 실행 중인 것은 그대로 있습니다.`,
  },
}
