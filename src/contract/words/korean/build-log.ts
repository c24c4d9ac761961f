import type { BuildNote, NoteFacts } from '../../../model/build-note.ts'
import { buildReason } from './build-reasons.ts'
import { foreign } from './foreign.ts'
import { sayDuration } from './grammar.ts'
import { object, subject, toward } from './particles.ts'

/** A line of a build's log that is Naru's own. */
export function buildNote(note: BuildNote): string {
  const say = notes[note.is] as ((note: BuildNote) => string) | undefined
  // Written by a newer Naru: better its data than nothing.
  return say === undefined ? JSON.stringify(note) : say(note)
}

type Title = { step: string; command: string | null }

const title = ({ step, command }: Title): string => `${step}  ${command ?? '커밋의 파일'}`

const notes: { [C in keyof NoteFacts]: (facts: NoteFacts[C]) => string } = {
  begun: ({ build, app, commit }) => `${app}의 빌드 ${build}, 커밋 ${commit}`,
  reason: ({ reason }) => `- ${buildReason(reason)}`,
  foreign: ({ note }) => `- ${foreign(note)}`,
  'step-begun': (step) => `${title(step)} …`,
  'step-done': ({ seconds, ...step }) => `${title(step)}  ${sayDuration(seconds)}`,
  'step-failed': ({ seconds, exitCode, ...step }) =>
    `${title(step)}  ${sayDuration(seconds)} 만에 실패했습니다${exitCode === null ? '' : `(종료 코드 ${exitCode})`}`,
  'step-killed': ({ seconds, signal, ...step }) =>
    `${title(step)}  ${sayDuration(seconds)} 만에 ${toward(signal)} 끝났습니다`,
  'step-late': ({ seconds, limitSeconds, ...step }) =>
    `${title(step)}  빌드 시간 제한 ${subject(sayDuration(limitSeconds))} 지나(naru.yaml의 build.timeout) ${sayDuration(seconds)} 만에 끝냈습니다`,
  'step-cancelled': ({ seconds, ...step }) =>
    `${title(step)}  ${sayDuration(seconds)} 만에 취소되었습니다`,
  'not-startable': ({ command }) => `  ${command}: 시작할 수 없습니다`,
  cached: ({ step, seconds }) => `${step}  캐시에서 가져왔습니다  ${sayDuration(seconds)}`,
  pruned: ({ folders, seconds }) =>
    `prune  빌드에만 필요한 폴더 ${folders}개를 지웠습니다  ${sayDuration(seconds)}`,
  site: ({ folder }) => `site  ${object(`${folder}/`)} 남기고 나머지는 지웠습니다`,
  slowest: ({ steps, seconds }) =>
    `가장 느린 단계  ${steps.map((one) => `${one.step} ${sayDuration(one.seconds)}`).join(', ')} (모두 ${sayDuration(seconds)})`,
  reused: () => '아티팩트  같은 파일을 이미 빌드했으므로 할 일이 없습니다',
  ready: ({ seconds }) => `아티팩트  준비되었습니다  ${sayDuration(seconds)}`,
  'left-out': ({ lines }) => `… ${lines}줄 생략 …`,
}
