import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

export type RequestBodyOptions = {
  /** The largest that is handed on; 0 is no limit. */
  mostBytes: number
  /** How long a client may send nothing while the app waits for it. */
  idleMs: number
  /** The app is about to be sent the body. */
  onFirstRead: () => void
  /** Called right before it breaks off: the rest is not taken. */
  onRefused: (page: 'too-large' | 'too-slow') => void
}

/**
 * The body of a request for one attempt to send it. It reads nothing before the app's connection takes it, and
 * ending it leaves the client's connection alone, so that an answer can still be given on it.
 */
export class RequestBody extends Readable {
  #flowing = false
  #bytes = 0
  #timer: NodeJS.Timeout | null = null

  constructor(
    private readonly request: IncomingMessage,
    private readonly options: RequestBodyOptions,
  ) {
    super({ highWaterMark: 64 * 1024 })
    this.on('error', () => {}) // Whoever reads it hears of it as well; nobody else may be left to.
  }

  override _read(): void {
    if (!this.#flowing) this.#begin()
    if (!this.request.readableEnded && !this.destroyed)
      this.#timer ??= setTimeout(() => this.#refuse('too-slow'), this.options.idleMs)
    this.request.resume()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#rest()
    this.request.off('data', this.#data).off('end', this.#end).off('close', this.#close)
    if (this.#flowing) this.request.resume() // What is left has no reader any more, and is dropped.
    callback(error)
  }

  #begin(): void {
    this.#flowing = true
    this.options.onFirstRead()
    if (this.request.readableEnded) this.push(null)
    else if (this.request.destroyed) this.#close()
    else this.request.on('data', this.#data).on('end', this.#end).on('close', this.#close)
  }

  readonly #data = (chunk: Buffer): void => {
    const { mostBytes } = this.options
    this.#bytes += chunk.length
    if (mostBytes > 0 && this.#bytes > mostBytes) {
      this.#refuse('too-large')
      return
    }
    if (this.push(chunk)) {
      this.#timer?.refresh()
      return
    }
    this.#rest()
    this.request.pause()
  }

  readonly #end = (): void => {
    this.#rest()
    this.push(null)
  }

  readonly #close = (): void => {
    if (!this.request.complete) this.destroy(new Error('the client went away'))
  }

  #refuse(page: 'too-large' | 'too-slow'): void {
    this.options.onRefused(page)
    this.destroy(new Error(`its body is ${page}`))
  }

  #rest(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}

/** Whether a request says that it has a body, of unknown length perhaps. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
