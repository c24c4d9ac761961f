import { connect, type Socket } from 'node:net'

export type Question = {
  method: string
  path: string
  host: string
  isNew?: boolean
  /** Sent with its length, or in chunks. */
  body?: Buffer
  isChunked?: boolean
  timeoutMs: number
}
export type Answer = { status: number; headers: Map<string, string>; body: Buffer }

/** Why a question has no whole answer, in a word or two. */
export class Lost extends Error {}

/**
 * One connection to the router that is as strict as can be: nothing is ever asked twice, and a connection that ends
 * while it is kept is told to `onIdleEnd`, unless the last answer announced it with `Connection: close`.
 */
export class Line {
  #socket: Socket | null = null
  #received = Buffer.alloc(0)
  #waiting: { settle: (outcome: Answer | Error) => void } | null = null
  #onPiece: ((piece: Buffer) => void) | null = null
  /** No more questions may be asked on it. */
  #isOver = false

  constructor(
    private readonly port: number,
    private readonly onIdleEnd: (how: string) => void,
  ) {}

  /** Opens a connection if there is none. Rejects with `Lost`. */
  async ask(question: Question): Promise<Answer> {
    if (this.#socket === null || this.#isOver) await this.#open(question.timeoutMs)
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        settle(new Lost(`no whole answer within ${question.timeoutMs / 1000} s`))
        this.end()
      }, question.timeoutMs)
      const settle = (outcome: Answer | Error) => {
        clearTimeout(timer)
        this.#waiting = null
        if (outcome instanceof Error) {
          this.#isOver = true
          reject(outcome)
        } else resolve(outcome)
      }
      this.#waiting = { settle }
      for (const piece of bytesOf(question)) this.#socket?.write(piece)
    })
  }

  /**
   * Asks for what has no end: resolves when the connection has ended, with how. `onHead` hears of the status; every
   * piece of the body goes to `onPiece`, without what frames it.
   */
  async follow(
    question: Question,
    onHead: (answer: Omit<Answer, 'body'>) => void,
    onPiece: (piece: Buffer) => void,
  ): Promise<string> {
    await this.#open(question.timeoutMs)
    return new Promise((resolve) => {
      let isHeadIn = false
      let framed = Buffer.alloc(0)
      this.#waiting = {
        settle: (outcome) => {
          this.#waiting = null
          this.#onPiece = null
          resolve(outcome instanceof Error ? outcome.message : 'whole')
        },
      }
      this.#onPiece = (bytes) => {
        framed = Buffer.concat([framed, bytes])
        if (!isHeadIn) {
          const head = headOf(framed)
          if (head === null) return
          isHeadIn = true
          framed = framed.subarray(head.length)
          onHead(head)
        }
        for (let chunk = chunkOf(framed); chunk !== null; chunk = chunkOf(framed)) {
          framed = framed.subarray(chunk.length)
          if (chunk.data.length === 0) this.#waiting?.settle(new Lost('the last chunk'))
          else onPiece(chunk.data)
        }
      }
      for (const piece of bytesOf(question)) this.#socket?.write(piece)
    })
  }

  /** Without a word to anybody. */
  end(): void {
    this.#isOver = true
    this.#socket?.destroy()
    this.#socket = null
  }

  #open(timeoutMs: number): Promise<void> {
    this.end()
    this.#received = Buffer.alloc(0)
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true })
    this.#socket = socket
    socket.on('data', (chunk) => {
      if (this.#socket === socket) this.#take(chunk)
    })
    socket.once('end', () => this.#ended(socket, 'ended by the other side'))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      this.#ended(socket, error.code ?? error.message),
    )
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Lost(`no connection within ${timeoutMs / 1000} s`))
        this.end()
      }, timeoutMs)
      socket.once('connect', () => {
        clearTimeout(timer)
        this.#isOver = false
        resolve()
      })
      socket.once('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(timer)
        reject(new Lost(`not connected: ${error.code ?? error.message}`))
      })
    })
  }

  #take(chunk: Buffer): void {
    if (this.#onPiece !== null) {
      this.#onPiece(chunk)
      return
    }
    this.#received = Buffer.concat([this.#received, chunk])
    if (this.#waiting === null) {
      this.onIdleEnd(
        `bytes that nobody asked for: ${JSON.stringify(chunk.toString().slice(0, 80))}`,
      )
      this.end()
      return
    }
    try {
      const found = answerOf(this.#received)
      if (found === null) return
      this.#received = this.#received.subarray(found.length)
      if (found.answer.headers.get('connection')?.toLowerCase() === 'close') this.#isOver = true
      this.#waiting.settle(found.answer)
    } catch (error) {
      this.#waiting.settle(new Lost(`it is no HTTP: ${String(error)}`))
    }
  }

  #ended(socket: Socket, how: string): void {
    if (this.#socket !== socket) return
    const waiting = this.#waiting
    const half = this.#received.length > 0 ? ` after ${this.#received.length} bytes of it` : ''
    if (waiting !== null) waiting.settle(new Lost(`${how}${half}`))
    else if (!this.#isOver) this.onIdleEnd(how)
    this.end()
  }
}

function* bytesOf({ method, path, host, isNew, body, isChunked }: Question): Generator<Buffer> {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: ${host}`]
  if (isNew) lines.push('Connection: close')
  if (body !== undefined)
    lines.push(isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`)
  yield Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (body === undefined) return
  if (!isChunked) {
    yield body
    return
  }
  const half = Math.ceil(body.length / 2)
  for (const piece of [body.subarray(0, half), body.subarray(half)])
    yield Buffer.concat([
      Buffer.from(`${piece.length.toString(16)}\r\n`),
      piece,
      Buffer.from('\r\n'),
    ])
  yield Buffer.from('0\r\n\r\n')
}

type Head = { status: number; headers: Map<string, string>; length: number }

function headOf(bytes: Buffer): Head | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(first) ?? []
  if (status === undefined) throw new Error(`a status line ${JSON.stringify(first)}`)
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  return { status: Number(status), headers, length: end + 4 }
}

/** A whole answer at the front of the bytes, and how many they are. Throws at what is no HTTP/1.1. */
function answerOf(bytes: Buffer): { answer: Answer; length: number } | null {
  const head = headOf(bytes)
  if (head === null) return null
  const { status, headers } = head
  if (headers.get('transfer-encoding') === 'chunked') {
    const pieces: Buffer[] = []
    let at = head.length
    for (;;) {
      const chunk = chunkOf(bytes.subarray(at))
      if (chunk === null) return null
      at += chunk.length
      if (chunk.data.length === 0)
        return { answer: { status, headers, body: Buffer.concat(pieces) }, length: at }
      pieces.push(chunk.data)
    }
  }
  const length = Number(headers.get('content-length'))
  if (Number.isNaN(length)) throw new Error('an answer of unknown length')
  const end = head.length + length
  if (bytes.length < end) return null
  return { answer: { status, headers, body: bytes.subarray(head.length, end) }, length: end }
}

/** A whole chunk at the front of the bytes; the last one has no data. */
function chunkOf(bytes: Buffer): { data: Buffer; length: number } | null {
  const line = bytes.indexOf('\r\n')
  if (line < 0) return null
  const size = Number.parseInt(bytes.subarray(0, line).toString('latin1'), 16)
  if (Number.isNaN(size)) throw new Error('a chunk without a size')
  const end = line + 2 + size + 2
  if (bytes.length < end) return null
  return { data: bytes.subarray(line + 2, line + 2 + size), length: end }
}
