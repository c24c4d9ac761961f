/** Small apps as files, for tests that push them. */

export type AppOptions = {
  /** What `web` answers. */
  says: string
  healthyFor?: string
  healthyWithin?: string
  settle?: string
  /** JavaScript at the start of `web`: how it misbehaves. */
  webFirst?: string
  /** JavaScript of a worker; none without it. */
  worker?: string
  workerMore?: string
  /** Lines of `web` in naru.yaml. */
  webMore?: string
  /** Of `web`. */
  replicas?: number
  /** How long `web` takes to answer what begins with `/slow`; as long as all else without it. */
  slowMs?: number
  more?: string
}

/** A web app of one file and no dependencies, with short times so that tests are quick. */
export function webApp(options: AppOptions): Record<string, string> {
  const {
    says,
    healthyFor = '200ms',
    healthyWithin = '20s',
    settle = '500ms',
    webFirst = '',
    worker,
    workerMore = '',
    webMore = '',
    more = '',
    replicas = 1,
    slowMs = 0,
  } = options
  const times = `    healthy-for: ${healthyFor}\n    healthy-within: ${healthyWithin}\n    settle: ${settle}\n    stop: { grace: 2s }\n`
  const workerPart =
    worker === undefined ? '' : `  worker:\n    command: node worker.js\n${times}${workerMore}`
  return {
    'package.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      scripts: { start: 'node server.js' },
    }),
    'naru.yaml': `services:\n  web:\n    command: node server.js\n    replicas: ${replicas}\n${times}${webMore}${workerPart}${more}`,
    'server.js': `${webFirst}
const server = require('node:http').createServer((request, response) => ${answer(says, slowMs)})
server.listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`,
    ...(worker === undefined ? {} : { 'worker.js': worker }),
  }
}

/** The same app with a Dockerfile of its own, so that its image is made in a moment. */
export const inAnImage = (files: Record<string, string>): Record<string, string> => ({
  ...files,
  Dockerfile: 'FROM node:20-bookworm-slim\nWORKDIR /app\nCOPY . .\nUSER 1000\n',
})

function answer(says: string, slowMs: number): string {
  const end = `response.end(${JSON.stringify(says)})`
  if (slowMs === 0) return end
  return `request.url.startsWith('/slow') ? setTimeout(() => ${end}, ${slowMs}) : ${end}`
}

export const steadyWorker = 'setInterval(() => {}, 1000)\n'
export const dyingWorker = 'setTimeout(() => process.exit(3), 600)\n'
