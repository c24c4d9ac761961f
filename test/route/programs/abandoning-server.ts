import { builtinRouter } from '../../../src/route/builtin/builtin-router.ts'

// A server that starts a router and is killed before it can let go of it: `FOLDER PROGRAM PORT`.
const [folder = '', program = '', port = ''] = process.argv.slice(2)
const silent = { info: () => {}, warn: () => {}, error: () => {} }
void builtinRouter({
  folder,
  program,
  http: { host: '127.0.0.1', port: Number(port) },
  log: silent,
}).then(({ pid }) => process.stdout.write(`${pid}\n`))
