export type AppKind = {
  strategy: 'blue-green' | 'rolling' | 'recreate'
  replicas: number
  /** Seconds that it goes on after SIGTERM; with 0 it exits at once, whatever it has in hand. */
  endSeconds: number
  /** How long it may take to be drained, and then to end. */
  graceSeconds: number
}

/**
 * An app that keeps account: what it was sent, when it started and when it was told to end, each a line in `ledger`,
 * a file that every one of its instances may write to. `turn` tells one release's files from another's.
 */
export function ledgerApp(kind: AppKind, ledger: string, turn: number): Record<string, string> {
  const { strategy, replicas, endSeconds, graceSeconds } = kind
  return {
    'package.json': JSON.stringify({ name: 'ledger', version: '1.0.0' }),
    'naru.yaml': `strategy: ${strategy}
services:
  web:
    command: node server.js
    replicas: ${replicas}
    healthy-for: 300ms
    settle: 1500ms
    stop: { grace: ${graceSeconds}s }
`,
    'server.js': server(ledger, endSeconds, turn),
  }
}

const server = (ledger: string, endSeconds: number, turn: number) => `// ${turn}
const http = require('node:http')
const { createHash } = require('node:crypto')
const { appendFileSync } = require('node:fs')
const me = ['v' + process.env.NARU_RELEASE, process.env.NARU_INSTANCE, process.pid].join('/')
const note = (...words) => appendFileSync(${JSON.stringify(ledger)}, words.join(' ') + '\\n')
note('start', me, Date.now())

const server = http.createServer((request, response) => {
  response.setHeader('x-instance', me)
  if (request.url === '/events') return events(response)
  if (request.method === 'POST') return body(request, response)
  const [, slow] = /^\\/slow\\/(\\d+)/.exec(request.url) ?? []
  if (slow) setTimeout(() => response.end(request.url), Number(slow))
  else response.end(request.url)
})

// What counts is what came whole: its name, its length and its digest.
function body(request, response) {
  const digest = createHash('sha256')
  let bytes = 0
  request.on('data', (chunk) => { digest.update(chunk); bytes += chunk.length })
  request.on('end', () => {
    const said = [request.url, bytes, digest.digest('hex')].join(' ')
    note('body', me, said)
    response.end(said)
  })
}

function events(response) {
  response.setHeader('content-type', 'text/event-stream')
  let number = 0
  const next = () => response.write('data: ' + (number += 1) + '\\n\\n')
  next()
  const timer = setInterval(next, 100)
  response.on('close', () => clearInterval(timer))
}

// Echoes short text messages, which is all of RFC 6455 that is needed here.
server.on('upgrade', (request, socket, head) => {
  const accept = createHash('sha1')
    .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64')
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n' +
    'Sec-WebSocket-Accept: ' + accept + '\\r\\nx-instance: ' + me + '\\r\\n\\r\\n')
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  let kept = head
  socket.on('data', (chunk) => {
    kept = Buffer.concat([kept, chunk])
    while (kept.length >= 6 && kept.length >= 6 + (kept[1] & 127)) {
      const length = kept[1] & 127
      const text = Buffer.from(kept.subarray(6, 6 + length).map((byte, at) => byte ^ kept[2 + (at % 4)]))
      const opcode = kept[0] & 15
      kept = kept.subarray(6 + length)
      if (opcode === 8) return socket.end(Buffer.concat([Buffer.from([0x88, text.length]), text]))
      socket.write(Buffer.concat([Buffer.from([0x80 | opcode, text.length]), text]))
    }
  })
})

server.listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => {
  note('term', me, Date.now())
  ${endSeconds === 0 ? 'process.exit(0)' : `setTimeout(() => process.exit(0), ${endSeconds * 1000})`}
})
`
