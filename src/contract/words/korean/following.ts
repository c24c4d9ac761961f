import { releaseName as v } from '../../../model/release.ts'
import { environmentOption } from '../text.ts'
import type { Words } from '../words.ts'
import { sayBytes, sayDuration } from './grammar.ts'
import { subject, topic, toward } from './particles.ts'
import { states } from './states.ts'

export const following: Words['following'] = {
  build: (number, commit, title, environment) =>
    `빌드 ${number} (${commit}${environment === null ? '' : `, ${environment}`}): ${title}`,
  envFile: (file, names, environment) =>
    `경고: 이 커밋에 있는 ${file}에 비밀 값이 들어 있는 것 같습니다: ${names.join(', ')}. naru settings import ${file}${environmentOption(environment)} 명령으로 Naru에 저장하고, git rm --cached ${toward(file)} 저장소에서 빼십시오`,
  diskFilling: ({ folder, usedPercent, freeBytes }) =>
    `경고: ${subject(folder)} 있는 디스크가 ${usedPercent}% 찼고 ${sayBytes(freeBytes)} 남았습니다. 95%부터는 빌드하지 않습니다`,
  ready: (build, environment) =>
    `빌드 ${subject(String(build))} 준비되었습니다. 공개하려면 naru deploy --build ${build}${environmentOption(environment)}`,
  waitingForBuilds: (ahead) =>
    `차례를 기다리는 중입니다. ${ahead === 0 ? '다른 빌드가' : `진행 중인 빌드와 기다리는 빌드 ${ahead}개가`} 먼저입니다`,
  waitingForDeployment: '차례를 기다리는 중입니다. 이 앱의 다른 배포가 진행되고 있습니다',
  buildSucceeded: (number, seconds, release) =>
    `빌드 ${subject(String(number))} 성공했습니다${seconds === null ? '' : ` (${sayDuration(seconds)})`}: 릴리스 ${v(release)}`,
  after: (line, seconds) => `${line} (${sayDuration(seconds)} 걸림)`,
  stableIn: (seconds) => `${seconds}초 뒤 안정 상태가 됩니다`,
  stable: (release, warm) =>
    `${subject(v(release))} 안정 상태가 되었습니다${warm === null ? '' : `. ${topic(v(warm.release))} ${sayDuration(warm.secondsLeft)} 동안 대기 상태로 남습니다`}`,
  lastLines: (count, service, release) =>
    `${whose(service, release)}의 마지막 ${count === 1 ? '줄' : `${count}줄`}:`,
  wroteNothing: (service, release) => `${subject(whose(service, release))} 남긴 로그가 없습니다`,
  buildGoesOn: (build: number) => `빌드는 계속됩니다: naru builds show ${build} --follow`,
  goesOn: (deployment, environment) =>
    `배포는 계속됩니다: naru deployments show ${deployment}${environmentOption(environment)}`,
  begun: (deployment, environment) =>
    `배포 ${subject(String(deployment))} 시작되었습니다: naru deployments show ${deployment}${environmentOption(environment)}`,
  kept: (names, app, environment, isFirst) =>
    `${names}: 저장했습니다. ${isFirst ? `${app}${environment === null ? '' : ` ${environment} 환경`}의 첫 릴리스` : '다음 릴리스'}부터 적용됩니다`,
  releasedWith: (names) => `${names}: 저장했습니다. 안정된 릴리스를 이 값으로 다시 릴리스합니다`,
  nothingCame: (build, status) =>
    `빌드 ${build}의 상태는 ${states.word(status)}인데 아무것도 만들어지지 않았습니다`,
  endedSilently: (deployment, status) =>
    `배포 ${subject(String(deployment))} 이유 없이 끝났습니다(${states.word(status)})`,
}

const whose = (service: string | undefined, release: number): string =>
  service === undefined ? v(release) : `${v(release)}의 ${service}`
