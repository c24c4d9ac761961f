// Sends so many bodies to a port, one after the other, each on a connection that closes after its answer and with no look at
// that before all is sent; says what became of each. A process of its own: a client of the same one is never in the middle of a write.
const { connect } = require('node:net')

const [port, count] = process.argv.slice(2).map(Number)
const seen = {}

async function send(bytes) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let text = ''
  let error = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', ({ code }) => {
    error = ` ${code}`
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('connect', resolve))
  const head = 'POST / HTTP/1.1\r\nHost: nowhere.test\r\nConnection: close\r\n'
  socket.write(`${head}Content-Length: ${bytes}\r\n\r\n`)
  for (let left = bytes; left > 0; left -= 8_000) {
    await new Promise((resolve) => setImmediate(resolve))
    socket.write(Buffer.alloc(Math.min(8_000, left)))
  }
  await closed
  const became = `${text.slice(9, 12)}${error}`
  seen[became] = (seen[became] ?? 0) + 1
}

;(async () => {
  for (let turn = 0; turn < count; turn++) await send(1_000 + turn * 2_000)
  process.send(seen, () => process.disconnect())
})()
