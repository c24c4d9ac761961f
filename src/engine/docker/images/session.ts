import { request } from 'node:http'
import { type Http2Session, performServerHandshake, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { randomId } from '../../../base/id.ts'
import type { RegistryAccess } from '../../images.ts'
import type { Daemon } from '../daemon.ts'
import { readMessage, textOf, writeBytes } from './protobuf.ts'

/** What BuildKit asks for while it builds, by its names for it. */
const methods = {
  secret: '/moby.buildkit.secrets.v1.Secrets/GetSecret',
  credentials: '/moby.filesync.v1.Auth/Credentials',
  health: '/grpc.health.v1.Health/Check',
} as const

/** Codes of gRPC. */
const status = { ok: '0', notFound: '5', unimplemented: '12' } as const

/** SERVING. */
const serving = Buffer.from([0x08, 0x01])

/** What it may fetch. `secretOf`: the bytes of a secret by its id; `loginAt`: who somebody is at a registry; null where there is none. */
export type SessionGives = {
  secretOf(id: string): Promise<Buffer | null>
  loginAt(host: string): Promise<RegistryAccess | null>
}

/** A way back from the daemon during one build, on which it fetches secrets: they are in no argument, layer or log. */
export type BuildSession = { id: string; close(): void }

export async function openSession({ socket }: Daemon, gives: SessionGives): Promise<BuildSession> {
  const id = randomId(24)
  const stream = await hijacked(socket, id)
  const session: Http2Session = performServerHandshake(stream)
  session.on('error', () => {}) // The daemon is gone: the build says so.
  session.on('stream', (asked: ServerHttp2Stream, headers) => {
    asked.on('error', () => {})
    answer(asked, String(headers[':path']), gives).catch(() => asked.close())
  })
  return {
    id,
    close() {
      session.destroy()
      stream.destroy()
    },
  }
}

/** The connection that was a request, with the daemon as its client. */
function hijacked(socketPath: string, id: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const asked = request({
      socketPath,
      path: '/session',
      method: 'POST',
      headers: {
        host: 'docker',
        connection: 'Upgrade',
        upgrade: 'h2c',
        'x-docker-expose-session-uuid': id,
        'x-docker-expose-session-name': 'naru',
        'x-docker-expose-session-sharedkey': '',
        'x-docker-expose-session-grpc-method': Object.values(methods),
      },
    })
    asked.on('upgrade', (_, stream, head) => {
      if (head.length > 0) stream.unshift(head)
      stream.on('error', () => {}) // The session is told.
      resolve(stream)
    })
    asked.on('response', (answer) => {
      answer.resume()
      reject(
        new Error(`the Docker Engine opens no session for builds (status ${answer.statusCode})`),
      )
    })
    asked.on('error', reject)
    asked.end()
  })
}

async function answer(
  asked: ServerHttp2Stream,
  path: string,
  { secretOf, loginAt }: SessionGives,
): Promise<void> {
  const sent = await buffer(asked)
  if (path === methods.health) return reply(asked, status.ok, serving)
  // Behind a flag and the length.
  const wanted = textOf(readMessage(sent.subarray(5)), 1)
  if (path === methods.credentials) return reply(asked, status.ok, said(await loginAt(wanted)))
  if (path !== methods.secret) return reply(asked, status.unimplemented)
  const secret = await secretOf(wanted)
  if (secret === null) reply(asked, status.notFound)
  else reply(asked, status.ok, writeBytes(1, secret))
}

/** Nothing at all for somebody who is nobody there. */
const said = (login: RegistryAccess | null): Buffer =>
  login === null
    ? Buffer.alloc(0)
    : Buffer.concat([
        writeBytes(1, Buffer.from(login.user)),
        writeBytes(2, Buffer.from(login.password.reveal())),
      ])

function reply(asked: ServerHttp2Stream, code: string, message?: Buffer): void {
  asked.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  asked.on('wantTrailers', () =>
    asked.sendTrailers({
      'grpc-status': code,
      ...(code === status.notFound ? { 'grpc-message': 'not found' } : {}),
    }),
  )
  if (message === undefined) return void asked.end()
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  asked.end(Buffer.concat([head, message]))
}
