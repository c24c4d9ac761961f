import type { Slowness } from '../../../model/rollout.ts'
import { listed } from './grammar.ts'
import { object } from './particles.ts'
import { inKorean } from './phrases.ts'

/** What is wrong with a service that is not healthy, and what to do where that is known. */
export function whyUnhealthy({
  reason,
  given,
  listening,
}: Pick<Slowness, 'reason' | 'given' | 'listening'>): { why: string; hint: string | null } {
  if (given !== null && listening.length > 0 && !listening.includes(given)) {
    return {
      why: `포트 ${object(listed(listening.map(String)))} 듣고 있지만, 받은 PORT는 ${given}입니다`,
      hint: 'process.env.PORT 포트를 들으십시오',
    }
  }
  if (given !== null && listening.includes(given) && reason === 'connection refused')
    return {
      why: `포트 ${object(String(given))} 듣고 있지만, 확인하는 주소인 HOST에서는 아닙니다`,
      hint: 'process.env.HOST에서 듣거나 주소를 빼십시오("localhost"는 ::1만 뜻할 수 있습니다)',
    }
  return { why: inKorean(reason), hint: null }
}
