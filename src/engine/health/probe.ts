import { get } from 'node:http'

export type ProbeTarget = { host: string; port: number; path: string; timeoutSeconds: number }

/** `refused`: nobody listens there, which is certain at once; `missed` may pass. */
export type ProbeResult = { ok: true } | { ok: false; kind: 'refused' | 'missed'; reason: string }

/** Asks once with GET; an answer below 500 is healthy. Follows no redirect and throws the body away. Never rejects. */
export function probe({ host, port, path, timeoutSeconds }: ProbeTarget): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const miss = (reason: string) => resolve({ ok: false, kind: 'missed', reason })
    const headers = { host: `localhost:${port}`, 'user-agent': 'naru-health', connection: 'close' }
    const asked = { host, port, path: sendable(path), agent: false, headers }
    const request = get(asked, (response) => {
      const status = response.statusCode ?? 0
      if (status < 500) resolve({ ok: true })
      else miss(`GET ${path} answered ${status}`)
      response.on('error', () => {}) // The answer is known; how its body ends does not matter.
      response.resume()
    })
    request.on('upgrade', (_, socket) => {
      resolve({ ok: true }) // Odd, and an answer below 500.
      socket.destroy()
    })
    const timer = setTimeout(() => {
      miss(`no answer within ${timeoutSeconds} s`)
      request.destroy()
    }, timeoutSeconds * 1000)
    request.on('close', () => clearTimeout(timer))
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED')
        resolve({ ok: false, kind: 'refused', reason: 'connection refused' })
      else if (error.code?.startsWith('HPE_')) miss('the answer is not HTTP')
      else if (error.code === 'ECONNRESET') miss('connection closed without an answer')
      else miss(error.code ?? 'no answer')
    })
  })
}

/** What a person wrote may hold what cannot be sent as it is: that is encoded, and what is encoded already is left. */
const sendable = (path: string): string =>
  [...Buffer.from(path)]
    .map((byte) =>
      byte > 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('')
