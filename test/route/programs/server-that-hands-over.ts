import { builtinRouter } from '../../../src/route/builtin/builtin-router.ts'

// A server that has its router hand over, and is killed meanwhile: `FOLDER PROGRAM PORT NEWER`.
const [folder = '', program = '', port = '', newer = ''] = process.argv.slice(2)
const log = { info: () => {}, warn: () => {}, error: () => {} }
const http = { host: '127.0.0.1', port: Number(port) }
void builtinRouter({ folder, program, http, log }).then((router) => {
  void router.handOver(newer)
  process.stdout.write(`${router.pid}\n`)
})
