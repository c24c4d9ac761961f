import { NaruError } from '../../base/error.ts'
import { callRouter, RouterSilent } from './control-client.ts'
import type { Identity } from './protocol.ts'

const answerWithinMs = 2_000

/** The router that answers on the control socket; null if none does. Rejects with `RouterSilent` if it hangs. */
export async function runningRouter(folder: string): Promise<Identity | null> {
  try {
    const said = await callRouter(folder, 'GET /identity', { timeoutMs: answerWithinMs })
    return isIdentity(said) ? said : null
  } catch (error) {
    if (error instanceof RouterSilent) throw error
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'EACCES')
      throw new NaruError('data.unwritable', { folder, reason: 'it belongs to another user' })
    return null // Nobody is there, or nobody who speaks as a router does.
  }
}

function isIdentity(said: unknown): said is Identity {
  if (typeof said !== 'object' || said === null) return false
  const { protocol, pid } = said as Partial<Identity>
  return typeof protocol === 'number' && typeof pid === 'number'
}
