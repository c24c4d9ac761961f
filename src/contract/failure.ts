import { catalogue, type ErrorCode } from '../base/error.ts'
import type { Failure } from './shapes.ts'

/** A request that the server refused or failed, in the server's words. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly code: string
  readonly hint: string | undefined
  readonly facts: Record<string, unknown>

  constructor(
    failure: Pick<Failure, 'code' | 'message' | 'hint' | 'facts'>,
    readonly status: number,
  ) {
    super(failure.message)
    this.code = failure.code
    this.hint = failure.hint
    this.facts = failure.facts
  }

  /** What a command that ends with this failure exits with; 1 for a code that this version does not know. */
  get exit(): number {
    return isKnownCode(this.code) ? catalogue[this.code].exit : 1
  }
}

export const isKnownCode = (code: string): code is ErrorCode => Object.hasOwn(catalogue, code)
