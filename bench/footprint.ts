import { readdirSync, readFileSync } from 'node:fs'
import { inAnImage, webApp } from '../test/support/apps.ts'
import { docker } from '../test/support/docker.ts'
import { commandOf, Naru, processes, until } from '../test/support/naru.ts'
import { Figures, median, say, seconds } from './figures.ts'
import { engineAsked } from './support/engine.ts'

/**
 * Memory and CPU of server and router at rest, and how long one waits for the API and for a command. With
 * `--engine docker` beside 20 and 100 containers, and how soon one that dies is started again.
 */
const watchSeconds = 20
const figures = new Figures()
const engine = engineAsked()
const naru = await Naru.create(engine)
const goals = engine === 'docker' ? { memory: 150, cpu: 2 } : { memory: 120, cpu: 1 }
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
  for (let index = 1; index <= 20; index += 1) {
    const more = await naru.repository(`app-${index}`, app())
    const { code, output } = await more.push()
    if (code !== 0) throw new Error(output)
    if (index === 1) await rest('1-instance')
  }
  await rest('20-instances')
  if (engine === 'docker') {
    await deathToStart()
    await scaleTo(5)
    await rest('100-instances')
  }
} finally {
  await naru.close()
}
figures.end()

function app(): Record<string, string> {
  const files = webApp({ says: 'v1', healthyFor: '0s', settle: '0s' })
  return engine === 'docker' ? inAnImage(files) : files
}

/** From the end of a container's program to the start of the next, by the daemon's clock; each of another app. */
async function deathToStart(): Promise<void> {
  const took: number[] = []
  for (const { Id } of (await containers()).slice(0, 10)) {
    const container = docker.getContainer(Id)
    const before = (await container.inspect()).State.StartedAt
    await container.kill()
    let state = (await container.inspect()).State
    await until(async () => {
      state = (await container.inspect()).State
      return state.Running && state.StartedAt !== before
    }, 'it to run again')
    took.push((Date.parse(state.StartedAt) - Date.parse(state.FinishedAt)) / 1000)
  }
  figures.add('death-to-start', median(took), 's', { value: 0.5 }, `most ${Math.max(...took)} s`)
}

async function scaleTo(count: number): Promise<void> {
  for (let index = 1; index <= 20; index += 1) {
    const args = ['scale', `web=${count}`, '--app', `app-${index}`]
    const { code, output } = await naru.cli(args)
    if (code !== 0) throw new Error(output)
  }
  await until(
    async () => (await containers()).length === 20 * count,
    `${20 * count} containers to run`,
    300_000,
  )
}

function containers() {
  const label = [`naru.server=${naru.dockerServer()}`, 'naru.kind=instance']
  return docker.listContainers({ filters: { label } })
}

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
  figures.add(`server-memory-${when}`, rssMb(server), 'MB', { value: goals.memory })
  figures.add(`router-memory-${when}`, rssMb(router), 'MB', { value: 70 })
  figures.add(`cpu-together-${when}`, (used / watchSeconds) * 100, '% of a core', {
    value: goals.cpu,
  })
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
