import { closeSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { jsonLog } from '../base/log.ts'
import { logFile } from '../base/log-file.ts'
import { Plane } from '../route/builtin/plane/plane.ts'
import {
  alreadyRunning,
  reportVariable,
  type StartReport,
  successorVariable,
} from '../route/builtin/protocol.ts'

// The built-in router's data plane, a process of its own: `router.cjs --folder F --host H --port P`. With `--supervised`
// it listens on the socket that its supervisor holds.

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '.' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    program: { type: 'string', default: '' },
    supervised: { type: 'boolean', default: false },
  },
})
const { folder, host, port, program, supervised: isSupervised } = values
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

const plane = new Plane({ folder, host, port: Number(port), program, isSupervised, log }, () => {
  log.info('router ended')
  process.exit(0)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => plane.told())

plane.start(Number(process.env[successorVariable] ?? 0)).then(
  ({ elders }) => report({ listening: true, pid: process.pid, elders }),
  (error: NodeJS.ErrnoException) => {
    log.error('router cannot listen', error, { host, port })
    const told = report({ listening: false, code: error.code ?? '', reason: error.message })
    // Whoever was told does what there is to do; nobody else would.
    process.exit(told || error.code === alreadyRunning ? 0 : 1)
  },
)

/** Tells whoever started it, and lets go of it; false if nobody did, as after a death. */
function report(said: StartReport): boolean {
  const descriptor = Number(process.env[reportVariable] ?? 0)
  if (descriptor === 0) return false
  try {
    writeSync(descriptor, `${JSON.stringify(said)}\n`)
    closeSync(descriptor)
  } catch (error) {
    log.warn('nobody hears how the start went', { reason: String(error) })
  }
  return true
}
