import { releaseName as v } from '../../../model/release.ts'
import type { Status } from '../../../model/rollout.ts'
import type { Words } from '../words.ts'
import { sayExit } from './grammar.ts'
import { subject } from './particles.ts'
import { inKorean } from './phrases.ts'

/** How a deployment's status ends a sentence whose subject is its release: "v3: 안정 상태가 되었습니다". */
export function sayStatus(status: string): string {
  return statuses[status as Status] ?? status
}

export function sayWhatServes(serving: number | null, how?: 'still' | 'again'): string {
  if (serving === null) return '서비스 중인 릴리스가 없습니다'
  const again = how === 'still' ? '여전히 ' : how === 'again' ? '다시 ' : ''
  return `${subject(v(serving))} ${again}서비스 중입니다`
}

export const states: Words['states'] = {
  sayStatus,
  sayWhatServes,
  word: (state) => nouns[state] ?? state,
  neverStable: '안정된 적 없음',
  exit: sayExit,
  reason: inKorean,
}

const statuses: Record<Status, string> = {
  queued: '차례를 기다리고 있습니다',
  preparing: '준비하고 있습니다',
  starting: '시작하고 있습니다',
  shifting: '트래픽을 옮기고 있습니다',
  paused: '일시 정지되었습니다',
  baking: '서비스 중이며 지켜보고 있습니다',
  promoting: '안정 상태로 바뀌고 있습니다',
  aborting: '되돌리고 있습니다',
  restoring: '되돌리고 있습니다. 앞서 서비스하던 릴리스를 다시 시작합니다',
  blocked: '막혔습니다. 되돌아갈 릴리스가 없습니다',
  succeeded: '안정 상태가 되었습니다',
  rolled_back: '되돌려졌습니다',
  failed: '실패했습니다',
  superseded: '더 새로운 것으로 대체되었습니다',
  cancelled: '중단되었습니다',
}

/** States as one word of a table. */
const nouns: Readonly<Record<string, string>> = {
  queued: '대기',
  running: '실행 중',
  succeeded: '성공',
  failed: '실패',
  superseded: '대체됨',
  cancelled: '취소됨',
  timed_out: '시간 초과',
  preparing: '준비',
  starting: '시작 중',
  shifting: '전환 중',
  paused: '정지',
  baking: '관찰 중',
  promoting: '확정 중',
  aborting: '되돌리는 중',
  restoring: '되돌리는 중',
  blocked: '막힘',
  rolled_back: '되돌려짐',
  stable: '안정',
  warm: '대기 유지',
  candidate: '후보',
  retired: '물러남',
  healthy: '정상',
  unhealthy: '비정상',
  down: '내려감',
  stopping: '멈추는 중',
  release: '릴리스',
  rollback: '되돌리기',
  push: '푸시',
  archive: '압축 파일',
  settings: '설정',
  secrets: '비밀 값',
  deploy: '배포',
  promotion: '승격',
  interrupted: '중단됨',
}
