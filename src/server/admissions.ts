import { setMaxListeners } from 'node:events'
import type { Tokens } from '../access/tokens.ts'
import { NaruError } from '../base/error.ts'
import type { ApiParts } from './parts.ts'

/** Who sent a token that opens this server. */
export type Asker = {
  name: string
  kind: string
  token: string
  /** Aborts with `token.revoked` when the token is revoked: what it holds open then ends, and what it asked for is not begun. */
  revoked: AbortSignal
}

/** Whom the server has let in, so that it can end what they hold open when their token is revoked. */
export class Admissions {
  readonly #tokens: Pick<Tokens, 'find'>
  /** One a token that was used, since many requests share it. */
  readonly #byName = new Map<string, AbortController>()
  #revocations = 0

  constructor(tokens: Pick<Tokens, 'find'>, onEvent: ApiParts['store']['onEvent']) {
    this.#tokens = tokens
    onEvent((event) => {
      if (event.kind === 'token.revoked') this.#revoke(event.data)
    })
  }

  /** Undefined for a token that opens nothing. */
  async admit(token: string): Promise<Asker | undefined> {
    for (;;) {
      const revocations = this.#revocations
      const found = await this.#tokens.find(token)
      // One that was revoked while it was looked up would otherwise be let in for ever.
      if (revocations !== this.#revocations) continue
      if (found === undefined) return undefined
      return { name: found.name, kind: found.kind, token, revoked: this.#signalOf(found.name) }
    }
  }

  #signalOf(name: string): AbortSignal {
    const known = this.#byName.get(name)
    if (known !== undefined) return known.signal
    const made = new AbortController()
    setMaxListeners(0, made.signal) // However many streams it holds open.
    this.#byName.set(name, made)
    return made.signal
  }

  #revoke({ name, by }: { name: string; by: string }): void {
    this.#revocations += 1
    const held = this.#byName.get(name)
    this.#byName.delete(name) // Another token may get the same name.
    held?.abort(new NaruError('token.revoked', { name, by }))
  }
}
