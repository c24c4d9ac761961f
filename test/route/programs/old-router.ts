import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

// What is left of the router before there was a hand-over, as far as a server talks to it: `FOLDER PORT`.
const [folder = '', port = ''] = process.argv.slice(2)
const visitors = createServer((_, response) => response.end('old'))
const control = createServer((request, response) => {
  if (request.url === '/alive') {
    response.flushHeaders()
    return
  }
  const identity = {
    protocol: 1,
    pid: process.pid,
    host: '127.0.0.1',
    port: Number(port),
    served: 0,
  }
  if (request.url === '/identity') {
    response.end(JSON.stringify(identity))
    return
  }
  if (request.url !== '/shutdown') {
    response.writeHead(404).end('{"reason":"there is no such call"}')
    return
  }
  visitors.close()
  control.close()
  response.end('{}', () => setTimeout(() => process.exit(0), 100))
})
const table = { version: 1, table: { number: 7, routes: [] } }
writeFileSync(join(folder, 'table.json'), JSON.stringify(table))
control.listen(join(folder, 'control.sock'), () =>
  visitors.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n')),
)
