import type { ClientRequest, IncomingMessage } from 'node:http'
import { Readable, Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import { NaruError } from '../base/error.ts'
import type { Place } from '../model/environment.ts'
import {
  channels,
  commandPath,
  type FromCommand,
  firstRoomBytes,
  type ToCommand,
} from './command-messages.ts'
import { ApiFailure } from './failure.ts'
import { type ApiTarget, headersOf, refusalOf } from './request.ts'
import type { CommandBegin } from './shapes.ts'

type End = { code: number | null; signal: string | null }

/** A command that runs on the server, as if it ran here. */
export type RemoteCommand = {
  release: number
  /** Waits until what it was given before is read. */
  input: Writable
  /** Both end before `ended` resolves, and nothing more comes while nobody reads. */
  output: Readable
  errors: Readable
  resize(size: { columns: number; rows: number }): void
  signal(signal: 'SIGINT' | 'SIGTERM' | 'SIGQUIT' | 'SIGHUP'): void
  /** How it ended; rejects with what the server says of it, or with `run.broken-off`. */
  ended: Promise<End>
  /** Goes away, which ends the command. */
  leave(): void
}

/** Starts a command in the release that serves. Throws `ApiFailure` and `server.unreachable`. */
export async function startCommand(
  target: ApiTarget,
  place: Place,
  wish: CommandBegin,
): Promise<RemoteCommand> {
  const socket = await connect(target, place)
  const connection = new Connection(socket, target)
  connection.tell({ begin: wish })
  const release = await connection.begun
  return { release, ...connection.streams, ...connection.controls }
}

const keepAliveMs = 15_000

class Connection {
  readonly begun: Promise<number>
  readonly #socket: WebSocket
  readonly #ended: Promise<End>
  readonly #output: Readable
  readonly #errors: Readable
  readonly #input: Writable
  #room = firstRoomBytes
  #roomMade: () => void = () => {}
  #isOver = false

  constructor(socket: WebSocket, { address }: ApiTarget) {
    this.#socket = socket
    this.#output = new Readable({ read: () => this.#goOn() })
    this.#errors = new Readable({ read: () => this.#goOn() })
    this.#input = new Writable({
      write: (bytes: Buffer, _encoding, done) => void this.#send(bytes).then(() => done()),
      final: (done) => {
        this.tell({ inputEnds: true })
        done()
      },
    })
    const begun = promised<number>()
    const ended = promised<End>()
    const fail = (error: Error) => {
      begun.reject(error)
      ended.reject(error)
    }
    this.begun = begun.promise
    this.#ended = ended.promise
    const over = () => {
      this.#isOver = true
      this.#roomMade()
      this.#output.push(null)
      this.#errors.push(null)
    }
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return this.#take(data)
      const message = JSON.parse(data.toString()) as FromCommand
      if ('begun' in message) begun.resolve(message.begun.release)
      else if ('room' in message) this.#makeRoom(message.room)
      else if ('ended' in message) {
        over()
        ended.resolve(message.ended)
      } else fail(new ApiFailure(message.failure, 0))
    })
    socket.on('error', () => {}) // "close" follows.
    socket.once('close', () => {
      over()
      fail(new NaruError('run.broken-off', { address }))
    })
  }

  get streams() {
    return { input: this.#input, output: this.#output, errors: this.#errors }
  }

  get controls(): Pick<RemoteCommand, 'resize' | 'signal' | 'ended' | 'leave'> {
    return {
      resize: (size) => this.tell({ resize: size }),
      signal: (signal) => this.tell({ signal }),
      ended: this.#ended,
      leave: () => this.#socket.terminate(),
    }
  }

  tell(message: ToCommand): void {
    if (!this.#isOver) this.#socket.send(JSON.stringify(message))
  }

  #take(data: Buffer): void {
    const stream = data[0] === channels.errors ? this.#errors : this.#output
    if (!this.#isOver && !stream.push(data.subarray(1))) this.#socket.pause()
  }

  #goOn(): void {
    if (this.#socket.isPaused) this.#socket.resume()
  }

  /** In pieces for which there is room. What is sent after the end is for nobody. */
  async #send(bytes: Buffer): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      while (this.#room === 0 && !this.#isOver)
        await new Promise<void>((resolve) => {
          this.#roomMade = resolve
        })
      if (this.#isOver) return
      const piece = rest.subarray(0, Math.min(this.#room, pieceBytes))
      this.#room -= piece.length
      rest = rest.subarray(piece.length)
      this.#socket.send(Buffer.concat([Buffer.of(channels.input), piece]))
    }
  }

  #makeRoom(bytes: number): void {
    this.#room += bytes
    this.#roomMade()
  }
}

const pieceBytes = 64 * 1024

function promised<T>() {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((...settle) => {
    ;[resolve, reject] = settle
  })
  promise.catch(() => {}) // Whoever waits for it is told.
  return { promise, resolve, reject }
}

async function connect(target: ApiTarget, { app, environment }: Place): Promise<WebSocket> {
  const { WebSocket } = await import('ws')
  const names = [app, environment].map(encodeURIComponent)
  const url = new URL(
    `/v1/apps/${names[0]}/environments/${names[1]}/${commandPath}`,
    target.address,
  )
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {
      headers: headersOf(target),
      perMessageDeflate: false,
      skipUTF8Validation: true,
    })
    socket.on('upgrade', (response) => response.socket.setKeepAlive(true, keepAliveMs))
    socket.once('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
      const refused = refusalOf(target, response).then(reject, reject)
      void refused.then(() => request.destroy())
    })
    socket.once('error', (cause) =>
      reject(new NaruError('server.unreachable', { address: target.address }, { cause })),
    )
    socket.once('open', () => resolve(socket))
  })
}
