import { releaseName as v } from '../../../../model/release.ts'
import type { ErrorWords } from '../../said.ts'
import { environmentOption, placeOptions, quoted } from '../../text.ts'
import { listed, sayExit, whole } from '../grammar.ts'
import { object, subject, topic } from '../particles.ts'
import { inKorean } from '../phrases.ts'
import { states } from '../states.ts'

export const jobErrors = {
  'job.unknown': ({ app, environment, release, job, jobs }) => ({
    message: `${app}의 ${v(release)}에는 ${quoted(job)} 작업이 없습니다. ${jobs.length > 0 ? `있는 작업: ${listed(jobs)}` : '다른 작업도 없습니다'}`,
    hint:
      jobs[0] === undefined
        ? `${v(release)} 안에서 아무 명령이나 실행하려면 naru run${placeOptions(app, environment)} -- COMMAND`
        : `naru jobs run ${jobs[0]}${placeOptions(app, environment)}`,
  }),
  'job.failed': ({ environment, release, job, run, exitCode, signal }) => ({
    message:
      exitCode === null && signal === null
        ? `${v(release)}의 작업 ${subject(job)} 중단되어 어떻게 끝났는지 알 수 없습니다(실행 ${run})`
        : `${v(release)}의 작업 ${subject(job)} 실패했습니다: ${sayExit({ code: exitCode, signal })}(실행 ${run})`,
    hint: `naru jobs show ${run}${environmentOption(environment)}`,
  }),
  'job.timed-out': ({ environment, release, job, run, seconds }) => ({
    message: `${v(release)}의 작업 ${subject(job)} ${seconds === null ? '시간이 다 되어' : `${whole(seconds)}보다 오래 걸려서`} 끝냈습니다(실행 ${run})`,
    hint: `naru jobs show ${run}${environmentOption(environment)}, 또는 naru.yaml의 jobs.${job}에 더 긴 timeout`,
  }),
  'job.cancelled': ({ environment, release, job, run }) => ({
    message: `${v(release)}의 작업 ${subject(job)} 취소되었습니다(실행 ${run})`,
    hint: `naru jobs show ${run}${environmentOption(environment)}`,
  }),
  'run.unknown': ({ app, environment, run }) => ({
    message: `${app}에는 작업 실행 ${subject(String(run))} 없습니다`,
    hint: `naru jobs${placeOptions(app, environment)}`,
  }),
  'run.over': ({ app, environment, run, status }) => ({
    message: `${app}의 작업 실행 ${topic(String(run))} 이미 끝났습니다: ${states.word(status)}`,
    hint: `naru jobs show ${run}${placeOptions(app, environment)}`,
  }),
  'run.no-release': ({ app, environment }) => ({
    message: `${app}의 ${environment}에는 서비스 중인 릴리스가 없어서 실행할 곳이 없습니다`,
    hint: `naru status${placeOptions(app, environment)}`,
  }),
  'run.no-terminal': ({ reason }) => ({
    message: `서버가 터미널을 열 수 없습니다: ${inKorean(reason)}. 실행한 것은 없습니다`,
    hint: 'naru run --no-terminal -- COMMAND',
  }),
  'instance.unknown': ({ app, environment, service, instance, services }) => ({
    message: `${app} (${environment})에는 ${instance === null ? `실행 중인 ${quoted(service)} 인스턴스가` : `서비스 중인 ${service} 인스턴스 ${subject(quoted(instance))}`} 없습니다${services.length > 0 ? `. 있는 것: ${listed(services)}` : ''}`,
    hint: `naru ps${placeOptions(app, environment)}`,
  }),
  'instance.gone': ({ app, environment, instance }) => ({
    message: `인스턴스 ${subject(instance)} 실행 중이 아니어서 아무것도 실행하지 않았습니다`,
    hint: `naru ps${placeOptions(app, environment)}`,
  }),
  'copy.failed': ({ app, environment, service, path, reason }) => ({
    message: `${service}의 ${object(path)} 복사하지 못했습니다: ${inKorean(reason)}`,
    hint: `naru exec${placeOptions(app, environment)} ${service} -- ls -ld ${path}`,
  }),
  'run.broken-off': ({ address }) => ({
    message: `${address} 주소와 이어진 연결이 끊겨서 명령이 어떻게 끝났는지 알 수 없습니다. 남은 것은 서버가 끝냅니다`,
    hint: 'naru status',
  }),
} satisfies Partial<ErrorWords>
