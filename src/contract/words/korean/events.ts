import type { Problem } from '../../../base/error.ts'
import { releaseName as v } from '../../../model/release.ts'
import { type StoryWords, sayProblemIn } from '../said.ts'
import { errors } from './errors.ts'
import { listed, sayDuration, sayExit, whole } from './grammar.ts'
import { object, subject, topic, toward } from './particles.ts'
import { inKorean } from './phrases.ts'
import { sayStatus, sayWhatServes } from './states.ts'
import { whyUnhealthy } from './unhealthy.ts'

export const story: StoryWords = {
  'app.created': ({ by }, app) => `${subject(by)} 앱 ${object(app)} 만들었습니다`,
  'app.destroyed': ({ by }, app) => `${subject(by)} 앱 ${object(app)} 지웠습니다`,
  'environment.created': ({ by, branch, from }, app) =>
    `${subject(by)} ${app}의 환경을 만들었습니다${branch === null ? '' : `(브랜치 ${branch})`}${from === null ? '' : `. 설정은 ${from}의 것입니다`}`,
  'environment.destroyed': ({ by }, app) => `${subject(by)} ${app}의 환경을 지웠습니다`,
  'scale.changed': ({ services, by }) =>
    `${subject(by)} 인스턴스 수를 바꾸었습니다: ${listed(Object.entries(services).map(([name, count]) => (count === null ? `${name}: naru.yaml대로` : `${name}: ${count}개`)))}`,
  'engine.chosen': ({ engine, by }, app) =>
    app === null
      ? `${subject(by)} 이 서버의 엔진을 정했습니다: ${engine}`
      : `${subject(by)} ${app}의 엔진을 정했습니다: ${engine ?? '서버와 같음'}`,
  'registry.logged-in': ({ host, user, by }) =>
    `${subject(by)} 레지스트리에 로그인했습니다: ${user}@${host}`,
  'registry.logged-out': ({ host, by }) =>
    `${subject(by)} 레지스트리에서 로그아웃했습니다: ${host}`,
  'token.created': ({ name, kind, by }) =>
    `${subject(by)} 토큰 ${object(name)} 만들었습니다 (${kind})`,
  'token.revoked': ({ name, by }) => `${subject(by)} 토큰 ${object(name)} 없앴습니다`,
  'key.rotated': ({ secrets, by }) =>
    `${subject(by)} 비밀 값 버전 ${secrets}개를 새 키로 봉했습니다`,
  'settings.changed': ({ names, by }) =>
    `${subject(by)} 설정 ${names.length}개를 바꾸었습니다: ${listed(names)}`,
  'secrets.changed': ({ names, by }) =>
    `${subject(by)} 비밀 값 ${names.length}개를 바꾸었습니다: ${listed(names)}`,
  'build.queued': ({ build, commit, title }) =>
    `${commit.slice(0, 7)} 커밋의 빌드 ${subject(String(build))} 대기 중입니다: ${title}`,
  'build.started': ({ build }) => `빌드 ${subject(String(build))} 시작되었습니다`,
  'build.succeeded': ({ build, seconds, reused }) =>
    reused
      ? `빌드 ${topic(String(build))} 전에 빌드한 것과 같습니다`
      : `빌드 ${subject(String(build))} ${sayDuration(seconds)} 만에 성공했습니다`,
  'build.failed': ({ build, problem }) =>
    `빌드 ${subject(String(build))} 실패했습니다: ${reason(problem)}`,
  'build.superseded': ({ build, by }) =>
    `빌드 ${topic(String(build))} 빌드 ${toward(String(by))} 대체되었습니다`,
  'build.cancelled': ({ build, by }) => `${subject(by)} 빌드 ${object(String(build))} 취소했습니다`,
  'build.overtaken': (facts) => reason({ code: 'build.overtaken', facts }),
  'release.created': ({ release, build, reason: why }) =>
    why === 'settings' || why === 'secrets'
      ? `바뀐 ${why === 'settings' ? '설정' : '비밀 값'}과 빌드 ${toward(String(build))} 릴리스 ${object(v(release))} 만들었습니다`
      : `빌드 ${toward(String(build))} 릴리스 ${object(v(release))} 만들었습니다`,
  'deployment.queued': ({ deployment, release, kind }) =>
    kind === 'rollback'
      ? `배포 ${deployment}: ${toward(v(release))} 되돌리기`
      : `배포 ${deployment}: ${v(release)}`,
  'deployment.moved': ({ release, from, to, serving, problem, settleSeconds }) => {
    switch (to) {
      case 'shifting':
        return `트래픽을 ${toward(v(release))} 옮깁니다`
      case 'paused':
        return `${subject(v(release))} 일시 정지되었습니다`
      case 'baking':
        return settleSeconds > 0
          ? `트래픽을 받는 ${object(v(release))} ${whole(settleSeconds)} 동안 지켜봅니다`
          : null
      case 'aborting':
        if (from === 'restoring') return null
        return problem
          ? `${object(v(release))} 포기합니다: ${reason(problem)}`
          : `${object(v(release))} 포기합니다`
      case 'restoring':
        return `${v(release)} 앞에 서비스하던 것을 되살립니다`
      case 'blocked':
        return `막혔습니다: 되돌아갈 릴리스가 없습니다. ${sayWhatServes(serving)}`
      default:
        return null
    }
  },
  'deployment.starting': ({ release, services }) =>
    `${v(release)}의 ${object(listed(services))} 시작합니다`,
  'deployment.slow': ({ service, withinSeconds, ...seen }) =>
    `${topic(service)} 아직 정상이 아닙니다: ${whyUnhealthy(seen).why}. 시작한 때부터 ${whole(withinSeconds)}까지 기다립니다`,
  'deployment.healthy': ({ services }) => `${subject(listed(services))} 정상입니다`,
  'deployment.strategy': ({ release, from, strategy }) =>
    strategy === 'rolling'
      ? `rolling: ${subject(v(release))} 인스턴스 하나씩 ${object(v(from))} 대신합니다. 그동안 둘 다 응답하고, 되돌리는 데에도 같은 시간이 걸리며, ${topic(v(from))} 대기 상태로 남지 않습니다`
      : `recreate: ${object(v(from))} 끝낸 다음 ${object(v(release))} 시작합니다. 그동안 아무것도 응답하지 않고, ${topic(v(from))} 대기 상태로 남지 않습니다`,
  'deployment.rolled': ({ release, service, instances, replicas }) =>
    `${service}의 인스턴스 ${replicas}개 가운데 ${instances}개가 ${v(release)}입니다`,
  'deployment.silent': ({ from }) =>
    `${object(v(from))} 끝냅니다. 이제부터 아무것도 응답하지 않습니다`,
  'deployment.answering': ({ serving, silentSeconds }) =>
    serving === null
      ? `${sayDuration(silentSeconds)} 동안 아무것도 응답하지 않았습니다`
      : `${subject(v(serving))} 응답합니다. ${sayDuration(silentSeconds)} 동안은 아무것도 응답하지 않았습니다`,
  'deployment.live': ({ release, seconds, urls }) =>
    urls[0] === undefined
      ? `${subject(v(release))} ${sayDuration(seconds)} 만에 서비스를 시작했습니다`
      : `${listed(urls)} 주소에서 ${sayDuration(seconds)} 만에 서비스를 시작했습니다`,
  'deployment.ended': ({ release, status, serving }) =>
    status === 'succeeded'
      ? `${subject(v(release))} 안정 상태가 되었습니다`
      : `${v(release)}: ${sayStatus(status)}. ${sayWhatServes(serving)}`,
  'job.started': ({ release, job, run }) =>
    `${v(release)}의 작업 ${subject(job)} 시작되었습니다: 실행 ${run}`,
  'job.ended': ({ job, run, status, exitCode, signal, seconds }) => {
    const took = sayDuration(seconds)
    switch (status) {
      case 'succeeded':
        return `작업 ${subject(job)} ${took} 만에 끝났습니다`
      case 'timed_out':
        return `작업 ${topic(job)} 시간이 다 되어 ${took} 만에 끝냈습니다(실행 ${run})`
      case 'cancelled':
        return `작업 ${subject(job)} ${took} 만에 취소되었습니다(실행 ${run})`
      default:
        return `작업 ${subject(job)} ${took} 만에 실패했습니다: ${sayExit({ code: exitCode, signal })}(실행 ${run})`
    }
  },
  'stable.moved': ({ from, to }, app) =>
    from === null
      ? `${app}의 안정 릴리스는 ${v(to)}입니다`
      : `${app}의 안정 릴리스가 ${v(from)}에서 ${toward(v(to))} 바뀌었습니다`,
  'warm.ended': ({ release }) => `${topic(v(release))} 더 이상 대기하지 않습니다`,
  'instance.ended': ({ instance, service, release, exit, restarts }) =>
    `${v(release)}의 ${subject(service)} 스스로 끝났습니다(${instance}): ${inKorean(exit)}${restarts > 0 ? `, ${restarts}번 다시 시작한 뒤` : ''}`,
  'router.restarted': () => '라우터를 다시 시작했습니다',
  'route.refused': ({ host, reason: why }) =>
    `${host}의 경로가 거절되었고 앞의 것이 그대로 쓰입니다: ${inKorean(why)}`,
}

const reason = (problem: Problem): string =>
  sayProblemIn(errors, problem).message.replaceAll('\n', '; ')
