import { createServer } from 'node:http'
import { site } from '../build/static/site.ts'

/** `node static-server.cjs FOLDER [--fallback]`: serves a static app on HOST and PORT until SIGTERM. */
async function main(folder: string, fallback: boolean): Promise<void> {
  const port = Number(process.env.PORT ?? 3000)
  const serve = await site(folder, { fallback })
  let ending = false
  const server = createServer((request, response) => {
    if (ending) response.setHeader('Connection', 'close')
    response.on('close', () => ending && server.closeIdleConnections())
    serve(request, response).catch(stop)
  })
  // Longer than any proxy keeps an idle connection, so that the proxy closes first.
  server.keepAliveTimeout = 75_000
  server.on('error', stop)
  server.listen(port, process.env.HOST ?? '127.0.0.1', () =>
    process.stdout.write(`serving ${folder} on port ${port}\n`),
  )
  const end = (): void => {
    ending = true
    server.close()
  }
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
}

function stop(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

main(process.argv[2] ?? '.', process.argv[3] === '--fallback').catch(stop)
