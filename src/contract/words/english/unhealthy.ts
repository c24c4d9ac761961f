import type { Slowness } from '../../../model/rollout.ts'
import { listed } from './grammar.ts'

/** What is wrong with a service that is not healthy, and what to do where that is known. */
export function whyUnhealthy({
  reason,
  given,
  listening,
}: Pick<Slowness, 'reason' | 'given' | 'listening'>): { why: string; hint: string | null } {
  if (given !== null && listening.length > 0 && !listening.includes(given)) {
    const ports = `${listening.length === 1 ? 'port' : 'ports'} ${listed(listening.map(String))}`
    return {
      why: `it listens on ${ports}, but was given PORT ${given}`,
      hint: 'listen on process.env.PORT',
    }
  }
  if (given !== null && listening.includes(given) && reason === 'connection refused')
    return {
      why: `it listens on port ${given}, but not at HOST, where it is asked`,
      hint: 'listen at process.env.HOST, or name no address ("localhost" may mean ::1 alone)',
    }
  return { why: reason, hint: null }
}
