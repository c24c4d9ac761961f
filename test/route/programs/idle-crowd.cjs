// Opens so many connections to a port, each for one request, keeps them, and says how many live; ends with its parent.
const { connect } = require('node:net')

const [port, count] = process.argv.slice(2).map(Number)
const atOnce = 100
let opened = 0
let answered = 0
let closed = 0

process.on('message', () => process.send({ answered, closed }))
process.on('disconnect', () => process.exit())

function open() {
  if (opened === count) return
  opened += 1
  const socket = connect(port, '127.0.0.1', () =>
    socket.write('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n'),
  )
  socket.once('data', () => {
    answered += 1
    if (answered === count) process.send({ answered, closed })
    open()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    closed += 1
  })
}

for (let at = 0; at < atOnce; at++) open()
