import { Agent } from 'node:http'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { treeBytes } from '../src/base/tree.ts'
import { segmentBytes, segmentsKept } from '../src/engine/log/log-book.ts'
import { inAnImage, webApp } from '../test/support/apps.ts'
import { Naru, until } from '../test/support/naru.ts'
import { visitOnce } from '../test/support/visitor.ts'
import { Figures, median, say } from './figures.ts'
import { load, machine } from './support/conditions.ts'
import { engineAsked } from './support/engine.ts'

/**
 * How much slower one app answers while another one floods its log, 100 MB in 10 s, and while a build keeps every
 * processor busy. Calm and noisy in turns, so that what else the machine does meets both.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    engine: { type: 'string' },
    json: { type: 'boolean' },
  },
})
const [rounds, secondsEach] = [Number(options.rounds), Number(options.seconds)]
const times = { healthyFor: '0s', settle: '0s' }
const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** The flood begins with a request, so that calm and noise take turns: 1 MB every 100 ms for as long as that says. */
const flooding = `const line = 'flood '.repeat(20) + '\\n'
const piece = Buffer.from(line.repeat(Math.ceil(1e6 / line.length)))
let until = 0
const server = require('node:http').createServer((request, response) => {
  until = Math.max(until, Date.now() + (Number(request.url.slice(1)) || 0) * 1000)
  response.end()
})
server.listen(process.env.PORT, process.env.HOST)
setInterval(() => { if (Date.now() < until) require('node:fs').writeSync(1, piece) }, 100)
process.on('SIGTERM', () => process.exit(0))
`
const figures = new Figures()
say(machine())
const engine = engineAsked()
const naru = await Naru.started({}, engine)
try {
  await (await naru.repository('calm', onEngine(webApp({ says: 'hi', ...times })))).push()
  await flood()
  await build()
} finally {
  agent.destroy()
  await naru.close()
}
figures.end()

async function flood(): Promise<void> {
  const repository = await naru.repository('flood', {
    ...onEngine(webApp({ says: '', ...times })),
    'server.js': flooding,
  })
  await repository.push()
  const seen = await compare('flood', async (measure) => {
    await naru.visit('flood', `/${secondsEach}`)
    return measure()
  })
  judge('flood', seen, 1.5)
  const kept = await treeBytes(`${naru.data}/engine/logs/flood`)
  const bound = (segmentBytes * segmentsKept + segmentBytes) / 1024 / 1024
  const sent = `${rounds * secondsEach * 10} MB were written`
  figures.add('flood-log-kept', kept / 1024 / 1024, 'MB', { value: bound }, sent)
}

async function build(): Promise<void> {
  const processors = availableParallelism()
  const busy = `for (const end = Date.now() + 600e3; Date.now() < end; );`
  const step = `for n in $(seq ${processors}); do node -e '${busy}' & done; wait`
  const repository = await naru.repository('busy', onEngine(webApp({ says: '' })))
  let number = 0
  const seen = await compare('build', async (measure) => {
    number += 1
    await repository.commit(busyWith(step, number))
    const push = repository.pushing()
    await push.said(engine === 'docker' ? 'RUN : busy' : 'busy  ')
    const taken = await measure()
    await naru.cli(['builds', 'cancel', String(number), '--app', 'busy'])
    await push.ended
    return taken
  })
  judge('build', seen, 2)
}

/** A build that takes all that it gets: a step of the pipeline, or an instruction of the Dockerfile. */
function busyWith(step: string, number: number): Record<string, string> {
  const app = { says: String(number), ...times }
  if (engine === 'process')
    return webApp({ ...app, more: `pipeline:\n  - busy: ${JSON.stringify(step)}\n` })
  const files = inAnImage(webApp(app))
  return { ...files, Dockerfile: `${files['Dockerfile']}RUN : busy ${number}; ${step}\n` }
}

function onEngine(files: Record<string, string>): Record<string, string> {
  return engine === 'docker' ? inAnImage(files) : files
}

type Seen = { calm: number[]; noisy: number[] }

async function compare(
  name: string,
  during: (measure: () => Promise<number[]>) => Promise<number[]>,
): Promise<Seen> {
  const seen: Seen = { calm: [], noisy: [] }
  for (let round = 1; round <= rounds; round += 1) {
    say(`${name}: round ${round} of ${rounds}, ${secondsEach} s calm, ${secondsEach} s with noise`)
    await quiet()
    seen.calm.push(...(await answers()))
    seen.noisy.push(...(await during(answers)))
  }
  return seen
}

/** Nothing of the noise is left to be worked off. */
async function quiet(): Promise<void> {
  await until(async () => (await naru.visit('calm')).status === 200, 'an answer of the calm app')
  await new Promise((resolve) => setTimeout(resolve, 1000))
}

/** A request every 10 ms, on one connection; how long each took, in milliseconds. */
async function answers(): Promise<number[]> {
  const taken: number[] = []
  for (const end = performance.now() + secondsEach * 1000; performance.now() < end; ) {
    const started = performance.now()
    await visitOnce(naru.http, 'calm.localhost', '/', agent)
    taken.push(performance.now() - started)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return taken
}

function judge(name: string, { calm, noisy }: Seen, goal: number): void {
  const parts: [string, (values: number[]) => number][] = [
    ['p50', median],
    [
      'p99',
      (values) =>
        [...values].sort((one, other) => one - other)[Math.floor(values.length * 0.99)] ?? 0,
    ],
  ]
  for (const [part, of] of parts) {
    figures.add(
      `${name}-${part}-calm`,
      of(calm),
      'ms',
      undefined,
      `${calm.length} answers, ${load()}`,
    )
    figures.add(`${name}-${part}-noisy`, of(noisy), 'ms', undefined, `${noisy.length} answers`)
    figures.add(`${name}-${part}-ratio`, of(noisy) / of(calm), 'times', { value: goal }, load())
  }
}
