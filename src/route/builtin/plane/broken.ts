import type { Socket } from 'node:net'
import { pageWords } from './page-words.ts'
import { pendingOn } from './pending.ts'

const { en } = pageWords
const bad = {
  status: '400 Bad Request',
  words: en['bad-request'],
  subject: 'it is no valid HTTP/1.1',
}
/** By the code of Node's error; whatever else it is, the bytes were no HTTP. */
const answers: Readonly<Record<string, typeof bad>> = {
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    words: en['head-too-large'],
    subject: '',
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { ...bad, subject: 'its chunk extensions are too long' },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    words: en['too-slow'],
    subject: 'this address',
  },
}

const answered = new WeakSet<Socket>()

/**
 * Answers bytes that are no request, and ends their connection. Nothing that follows is read as one; it is dropped for a
 * while, since a connection that is closed on unread bytes takes the answer with it.
 */
export function answerBroken(error: NodeJS.ErrnoException, socket: Socket, lingerMs: number): void {
  if (answered.has(socket)) return
  answered.add(socket)
  if (error.code === 'HPE_CLOSED_CONNECTION') {
    // What follows a request that said it was the last one is nobody's; its answer still goes out, while somebody is there.
    socket.once('end', () => socket.destroy())
    return
  }
  const pending = pendingOn(socket)
  // A connection in the middle of an answer can say nothing; one that failed hears nothing.
  if (!socket.writable || error.code === 'ECONNRESET' || pending?.headersSent === true) {
    socket.destroy()
    return
  }
  const { status, words, subject } = answers[error.code ?? ''] ?? bad
  const body = `${words.title}. ${words.text(subject)}\n`
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  if (pending !== undefined) {
    // Half a body can have reached an app: that exchange ends with the connection.
    socket.destroySoon()
    return
  }
  const timer = setTimeout(() => socket.destroy(), lingerMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}
