import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/**
 * The body of a request for one attempt to send it. It reads nothing before the app's connection takes it, and
 * ending it leaves the client's connection alone, so that an answer can still be given on it.
 */
export class RequestBody extends Readable {
  #flowing = false

  /** `onFirstRead` is called when the app is about to be sent the body. */
  constructor(
    private readonly request: IncomingMessage,
    private readonly onFirstRead: () => void,
  ) {
    super({ highWaterMark: 64 * 1024 })
    this.on('error', () => {}) // Whoever reads it hears of it as well; nobody else may be left to.
  }

  override _read(): void {
    if (!this.#flowing) this.#begin()
    this.request.resume()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.request.off('data', this.#data).off('end', this.#end).off('close', this.#close)
    if (this.#flowing) this.request.resume() // What is left has no reader any more, and is dropped.
    callback(error)
  }

  #begin(): void {
    this.#flowing = true
    this.onFirstRead()
    if (this.request.readableEnded) this.push(null)
    else if (this.request.destroyed) this.#close()
    else this.request.on('data', this.#data).on('end', this.#end).on('close', this.#close)
  }

  readonly #data = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.request.pause()
  }

  readonly #end = (): void => {
    this.push(null)
  }

  readonly #close = (): void => {
    if (!this.request.complete) this.destroy(new Error('the client went away'))
  }
}

/** Whether a request says that it has a body, of unknown length perhaps. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
