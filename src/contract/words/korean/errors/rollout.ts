import { releaseName as v } from '../../../../model/release.ts'
import type { ErrorWords } from '../../said.ts'
import { sayDuration, whole } from '../grammar.ts'
import { object, subject, topic, toward } from '../particles.ts'
import { inKorean } from '../phrases.ts'
import { whyUnhealthy } from '../unhealthy.ts'

export const rolloutErrors = {
  'rollout.unhealthy': ({ release, service, seconds, reason, given, listening, exposed }) => {
    const late = `${v(release)}의 ${subject(service)} ${whole(seconds)} 안에 정상 상태가 되지 않`
    const message = exposed
      ? `${late}았습니다`
      : `${late}아서 트래픽을 ${toward(v(release))} 옮기지 않았습니다`
    const { why, hint } = whyUnhealthy({ reason, given, listening })
    return { message: `${message}: ${why}`, hint: hint ?? `naru logs --release ${v(release)}` }
  },
  'rollout.crashed': ({ release, service, restarts, exit }) => ({
    message: `${v(release)}의 ${subject(service)} 계속 끝납니다: ${inKorean(exit)}, ${restarts}번 다시 시작한 뒤`,
    hint: hintOfExit[exit]?.(service) ?? `naru logs --release ${v(release)}`,
  }),
  'rollout.died': ({ release, service, afterSeconds, exit }) => ({
    message: `${v(release)}의 ${topic(service)} 정상이었다가 트래픽이 옮겨진 지 ${sayDuration(afterSeconds)} 만에 끝났습니다: ${inKorean(exit)}`,
    hint: `naru logs --release ${v(release)}`,
  }),
  'rollout.unprepared': ({ release, reason }) => ({
    message: `${object(v(release))} 시작할 준비를 하지 못했습니다: ${inKorean(reason)}`,
    hint: 'naru status',
  }),
  'rollout.aborted': ({ release, by }) => ({
    message: `${subject(by)} ${v(release)}의 배포를 중단했습니다`,
    hint: 'naru status',
  }),
  'rollout.superseded': ({ release, by }) => ({
    message: `${v(release)}의 배포는 더 새로운 것으로 대체되었습니다: ${sayWish(by)}`,
    hint: 'naru deployments',
  }),
  'rollout.faltered': ({ release, service, reason }) => ({
    message: `트래픽이 옮겨진 뒤 ${v(release)}의 ${subject(service)} 비정상이 되었습니다: ${inKorean(reason)}`,
    hint: `naru logs --release ${v(release)}`,
  }),

  'engine.no-port': ({ from, to }) => ({
    message: `${from}부터 ${to}까지 모든 포트를 쓰고 있어서 더 시작할 수 없습니다`,
    hint: '실행 중인 것은 naru ps로 보고, 앱은 naru destroy로 지웁니다',
  }),
  'engine.start-failed': ({ instance, reason }) => ({
    message: `${object(inKorean(instance))} 시작하지 못했습니다: ${inKorean(reason)}`,
    hint: 'naru ps',
  }),
  'engine.unavailable': ({ engine, reason }) => ({
    message: `${engine} 엔진이 응답하지 않습니다: ${inKorean(reason)}. 거기서 실행 중인 것은 그대로 있습니다`,
    hint: 'naru doctor',
  }),
  'engine.cannot': ({ engine, what }) => ({
    message: `${engine} 엔진에서는 ${subject(what)} 지원되지 않습니다`,
    hint: 'naru up --engine docker',
  }),
  'router.down': ({ reason }) => ({
    message: `라우터가 응답하지 않아서 트래픽을 옮기지 않았습니다: ${inKorean(reason)}`,
    hint: 'naru doctor를 실행하십시오. 라우터의 마지막 기록은 데이터 폴더의 router/router.log에 있습니다',
  }),
  'table.invalid': ({ issues }) => ({
    message: `경로표가 거절되었고 앞의 것이 그대로 쓰입니다: ${issues.map(inKorean).join('; ')}`,
    hint: 'naru status',
  }),
} satisfies Partial<ErrorWords>

/** "build 13", "the rollback to v3", "v4": what took over, as the facts name it. */
const sayWish = (by: string): string =>
  by
    .replace(/^build (\d+)$/, '빌드 $1')
    .replace(/^(v\d+), which is stable already$/, '이미 안정 상태인 $1')
    .replace(/^the rollback to (v\d+)$/, (_, release: string) => `${toward(release)} 되돌리기`)
    .replace(/^the (?:promotion|deployment) of (v\d+)$/, (_, release: string) => `${release} 배포`)

const hintOfExit: Readonly<Record<string, (service: string) => string>> = {
  'exit code 0': () =>
    '서비스는 끝내라고 할 때까지 실행되어야 합니다. 스스로 끝나는 것은 naru.yaml의 jobs에 적으십시오',
  'exit code 127': (service) =>
    `명령을 찾지 못했습니다. 개발용 의존성은 릴리스에 들어가지 않습니다. 다른 명령은 naru.yaml의 services.${service}.command에 적으십시오`,
}
