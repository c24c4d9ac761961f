import type { Words } from '../../words.ts'

export const rollback: Words['commands']['rollback'] = {
  summary: '안정 상태였던 릴리스로 되돌립니다. 이름을 주지 않으면 바로 앞의 것',
}
