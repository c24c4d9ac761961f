import { readdirSync, readFileSync } from 'node:fs'
import { webApp } from '../test/support/apps.ts'
import { commandOf, Naru, processes } from '../test/support/naru.ts'
import { Figures, median, say, seconds } from './figures.ts'

/** Memory and CPU of server and router at rest, and how long one waits for the API and for a command. */
const watchSeconds = 20
const figures = new Figures()
const naru = await Naru.create()
try {
  const starts: number[] = []
  for (let round = 0; round < 5; round += 1) {
    starts.push(await apiAnswersAfter())
    if (round < 4) await naru.cli(['down'])
  }
  figures.add(
    'api-answers',
    median(starts),
    's',
    { value: 1 },
    'from the start of naru up to its end, less a bare command',
  )
  const calls: number[] = []
  for (let round = 0; round < 15; round += 1)
    calls.push(await seconds(() => naru.cli(['apps', '--json'])))
  figures.add('command-line-call', median(calls), 's', { value: 0.2 }, 'naru apps')

  await rest('0-instances')
  const one = await naru.repository('one', webApp({ says: 'v1', healthyFor: '0s', settle: '0s' }))
  await one.push()
  await rest('1-instance')
  for (let index = 2; index <= 20; index += 1) {
    const more = await naru.repository(
      `more-${index}`,
      webApp({ says: 'v1', healthyFor: '0s', settle: '0s' }),
    )
    await more.push()
  }
  await rest('20-instances')
} finally {
  await naru.close()
}
figures.end()

async function apiAnswersAfter(): Promise<number> {
  const up = await seconds(() => naru.up())
  return up - (await seconds(() => naru.cli(['version'])))
}

/** After a pause in which start-up garbage goes, what both programs hold and use. */
async function rest(when: string): Promise<void> {
  say(`at rest with ${when}, ${watchSeconds} s`)
  await new Promise((resolve) => setTimeout(resolve, 5000))
  const [server, router] = [find('server.cjs'), find('router.cjs')]
  const before = cpuSeconds(server) + cpuSeconds(router)
  await new Promise((resolve) => setTimeout(resolve, watchSeconds * 1000))
  const used = cpuSeconds(server) + cpuSeconds(router) - before
  figures.add(`server-memory-${when}`, rssMb(server), 'MB', { value: 120 })
  figures.add(`router-memory-${when}`, rssMb(router), 'MB', { value: 70 })
  figures.add(`cpu-together-${when}`, (used / watchSeconds) * 100, '% of a core', { value: 1 })
}

function find(program: string): number {
  const pid = processes().find(
    (each) =>
      commandOf(each).includes(program) &&
      commandOf(each).includes(naru.data) &&
      !commandOf(each).startsWith('/bin/sh'), // The router's supervisor.
  )
  if (pid === undefined) throw new Error(`no process runs ${program}`)
  return pid
}

/** Sum over the process's threads: utime and stime in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / 100
  }, 0)
}

function rssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
}
