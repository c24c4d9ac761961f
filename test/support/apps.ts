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
  /** Of `web`. */
  replicas?: number
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
    more = '',
    replicas = 1,
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
    'naru.yaml': `services:\n  web:\n    command: node server.js\n    replicas: ${replicas}\n${times}${workerPart}${more}`,
    'server.js': `${webFirst}
const server = require('node:http').createServer((request, response) => response.end(${JSON.stringify(says)}))
server.listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`,
    ...(worker === undefined ? {} : { 'worker.js': worker }),
  }
}

export const steadyWorker = 'setInterval(() => {}, 1000)\n'
export const dyingWorker = 'setTimeout(() => process.exit(3), 600)\n'
