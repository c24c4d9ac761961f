import { closeSync, fstatSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { NaruError, type Problem } from '../base/error.ts'
import { randomId } from '../base/id.ts'
import { jsonLog, type Log } from '../base/log.ts'
import { logFile } from '../base/log-file.ts'
import { catalogues, languageOfEnvironment } from '../contract/words/languages.ts'
import { diskTrouble, prepareDataFolder } from './data-folder.ts'
import { readOptions, type ServerOptions } from './options.ts'
import { endLeftovers, type RunningServer, startServer } from './running-server.ts'

/** Where `naru up` waits for one line: that the server answers, or why it does not. */
const readyFd = 3

/** From when there is a folder for it. */
let log: Log | null = null

/** The server program: starts, says so, and ends when it is told to. */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  await prepareDataFolder(options.data)
  const told = logOf(options)
  log = told
  process.on('unhandledRejection', (error) => told.error('unhandled rejection', error))
  process.on('uncaughtException', (error) => {
    told.error('uncaught exception', error)
    process.exit(1) // Nothing is known for sure any more; the store is what the next start goes by.
  })
  if (options.down) {
    await endLeftovers(options, told)
    return announce({ ready: true })
  }
  const server = await startServer(options, told).catch((error: unknown) => {
    throw diskTrouble(options.data, error)
  })
  announce({ ready: true, api: server.info.api, http: server.info.http })
  if (options.foreground) process.stderr.write(`${sayAnswers(server.info)}\n`)
  endOnSignals(server, told)
}

function sayAnswers({ api, http }: RunningServer['info']): string {
  return catalogues[languageOfEnvironment(process.env)].commands.up.answers(api, http)
}

const logOf = ({ data, foreground }: ServerOptions): Log => {
  const write = logFile(join(data, 'server.log'))
  return jsonLog((line) => {
    write(line)
    if (foreground) process.stderr.write(line)
  })
}

/** A signal ends Naru alone: apps and router live on for the next one, as in a restart by a service manager. */
function endOnSignals(server: RunningServer, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('told to end', { signal })
      void server.stop({ keepApps: true })
    })
  }
}

function announce(message: object): void {
  try {
    writeSync(readyFd, `${JSON.stringify(message)}\n`)
    closeSync(readyFd)
  } catch {
    // Nobody waits: the server was started in the foreground or by a service manager.
  }
}

main().catch((error: unknown) => {
  const report = randomId()
  const problem: Problem =
    error instanceof NaruError ? error.problem : { code: 'naru.broken', facts: { report } }
  announce({ failure: problem })
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  // Of a first start in the background: there was no folder yet for a log that all of it would go to.
  if (log !== null && !fstatSync(2).isFile())
    log.error('the start failed', error, { code: problem.code, report })
  process.stderr.write(`${JSON.stringify({ failure: problem, trace })}\n`)
  process.exit(1)
})
