/** One of the apps that live through it. `replicas`: as its file says. */
export type SoakApp = {
  name: string
  strategy: 'blue-green' | 'rolling' | 'recreate'
  replicas: number
  worker: boolean
}

/** As unlike as three apps can be. Only `shop` and `api` promise to answer all the time. */
export const soakApps: readonly SoakApp[] = [
  { name: 'shop', strategy: 'blue-green', replicas: 2, worker: true },
  { name: 'api', strategy: 'rolling', replicas: 3, worker: false },
  { name: 'one', strategy: 'recreate', replicas: 1, worker: false },
]

/** How a turn of an app turns out: it serves, it never listens, or its pipeline fails. */
export type Turn = 'good' | 'never-healthy' | 'fails-to-build'

/** Its files for one release; every turn has files of its own, so that nothing is reused. */
export function soakFiles(app: SoakApp, number: number, turn: Turn): Record<string, string> {
  const times = `    healthy-for: 200ms
    healthy-within: 5s
    settle: 800ms
    stop: { grace: 3s }
`
  const worker = app.worker ? `  worker:\n    command: node worker.js\n${times}` : ''
  return {
    'package.json': JSON.stringify({ name: app.name, version: '1.0.0' }),
    'naru.yaml': `strategy: ${app.strategy}
${turn === 'fails-to-build' ? 'pipeline:\n  - test: exit 1\n' : ''}services:
  web:
    command: node server.js
    replicas: ${app.replicas}
${times}${worker}`,
    'server.js': `// ${number}
const server = require('node:http').createServer((request, response) => response.end('${number}'))
${turn === 'never-healthy' ? 'setInterval(() => {}, 1000)' : 'server.listen(process.env.PORT, process.env.HOST)'}
setInterval(() => console.log('${number} is still here'), 500).unref()
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`,
    'worker.js': 'setInterval(() => console.log("works"), 500)\n',
  }
}
