import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { jsonLog } from '../base/log.ts'
import { logFile } from '../base/log-file.ts'
import { Plane } from '../route/builtin/plane/plane.ts'
import type { StartReport } from '../route/builtin/protocol.ts'

// The built-in router's data plane, a process of its own: `router.cjs --folder F --host H --port P`.

const { values } = parseArgs({
  options: { folder: { type: 'string' }, host: { type: 'string' }, port: { type: 'string' } },
})
const { folder = '.', host = '127.0.0.1', port = '0' } = values
const log = jsonLog(logFile(join(folder, 'router.log')))

// Whoever watches starts it again, with a clean state and the same table.
process.on('uncaughtException', (error) => {
  log.error('router failed', error)
  process.exit(1)
})
process.on('unhandledRejection', (error) => {
  log.error('router failed', error)
  process.exit(1)
})

const plane = new Plane({ folder, host, port: Number(port), log }, () => {
  log.info('router ended')
  process.exit(0)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => plane.end(10))

plane.start().then(
  () => report({ listening: true }),
  (error: NodeJS.ErrnoException) => {
    log.error('router cannot listen', error, { host, port })
    report({ listening: false, code: error.code ?? '', reason: error.message }, () =>
      process.exit(1),
    )
  },
)

/** Tells whoever started it, if that still listens, and lets go of it. */
function report(said: StartReport, then: () => void = () => {}): void {
  if (!process.send || !process.connected) {
    then()
    return
  }
  process.send(said, undefined, undefined, () => {
    if (process.connected) process.disconnect()
    then()
  })
}
