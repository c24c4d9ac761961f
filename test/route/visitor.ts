import { type Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { connect, type Socket } from 'node:net'

export type Answer = {
  status: number
  headers: IncomingMessage['headers']
  rawHeaders: string[]
  body: string
}

export type Ask = {
  port: number
  host?: string
  path?: string
  method?: string
  headers?: OutgoingHttpHeaders
  body?: string | Buffer
  agent?: Agent
}

/** One request with a `Host` of its own, since not every machine resolves `*.localhost`. */
export function ask({
  port,
  host = 'shop.test',
  agent,
  body,
  headers = {},
  ...rest
}: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port, agent: agent ?? false, headers: { host, ...headers }, ...rest },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            body: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    asking.on('error', reject)
    asking.end(body)
  })
}

/** Sends bytes as they are and gives back all that comes until the other side ends. */
export function askRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => {
      received += text
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}

/** Reads from a socket until what came holds `text`; gives back all of it. */
export function until(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const onData = (chunk: Buffer) => {
      received += chunk.toString('latin1')
      if (!received.includes(text)) return
      socket.off('data', onData)
      resolve(received)
    }
    socket.on('data', onData)
    socket.on('error', reject)
    socket.once('close', () => reject(new Error(`closed before "${text}", after "${received}"`)))
  })
}

/** Visitors who ask again and again until they are told to stop; gives back every answer that was not `wanted`. */
export function crowd(
  visitors: number,
  visit: () => Promise<Answer>,
  wanted: (answer: Answer) => boolean,
): { stop(): Promise<{ asked: number; failures: string[] }>; asked(): number } {
  let going = true
  let asked = 0
  const failures: string[] = []
  const one = async () => {
    while (going) {
      asked += 1
      try {
        const answer = await visit()
        if (!wanted(answer)) failures.push(`${answer.status} ${answer.body.slice(0, 80)}`)
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  const all = Promise.all(Array.from({ length: visitors }, one))
  return {
    asked: () => asked,
    stop: async () => {
      going = false
      await all
      return { asked, failures }
    },
  }
}
