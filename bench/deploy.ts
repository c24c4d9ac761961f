import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inAnImage, webApp } from '../test/support/apps.ts'
import { freePort, Naru, type Repository } from '../test/support/naru.ts'
import { visitOnce } from '../test/support/visitor.ts'
import { Figures, median, say, seconds } from './figures.ts'
import { ContainerFloor } from './support/container-floor.ts'
import { engineAsked } from './support/engine.ts'

/**
 * From push to live and back, each beside the floor measured in the same run: a `git push` to a bare
 * repository on disk plus the time from spawning the app to its first answer. With `--engine docker` the floor is the
 * push plus a cached build, a container made and started, until its first answer.
 */
const rounds = 10
const figures = new Figures()
const engine = engineAsked()
const naru = await Naru.started({}, engine)
try {
  const floor = await floorSeconds()
  figures.add(
    'floor',
    floor,
    's',
    undefined,
    engine === 'docker'
      ? 'git push to a bare repository + cached build, create and start to first answer'
      : 'git push to a bare repository + spawn to first answer',
  )
  await pushToLive(
    'push-to-live-healthy-for-0',
    { healthyFor: '0s', settle: '1s' },
    floor,
    floor + (engine === 'docker' ? 0.75 : 0.5),
  )
  await pushToLive('push-to-live-default', {}, floor)
  await warmRollback()
  await manyApps()
} finally {
  await naru.close()
}
figures.end()

async function floorSeconds(): Promise<number> {
  say(`floor, ${rounds} rounds`)
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'))
  const [work, bare] = [join(folder, 'work'), join(folder, 'bare.git')]
  mkdirSync(work)
  await naru.git(['init', '-q', '--bare', bare], folder)
  await naru.git(['init', '-q', '-b', 'main'], work)
  await naru.git(['remote', 'add', 'origin', bare], work)
  const times: number[] = []
  const container = new ContainerFloor()
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, text] of Object.entries(onEngine(webApp({ says: `v${round}` }))))
      writeFileSync(join(work, name), text)
    await naru.git(['add', '-A'], work)
    await naru.git(['commit', '-q', '-m', 'A change'], work)
    times.push(await seconds(() => naru.git(['push', '-q', 'origin', 'main'], work)))
    const toAnswer = engine === 'docker' ? container.buildToAnswer(work) : spawnToAnswer(work)
    times[round] = (times[round] ?? 0) + (await toAnswer)
  }
  await container.close()
  rmSync(folder, { recursive: true })
  return median(times.slice(1))
}

async function spawnToAnswer(folder: string): Promise<number> {
  const port = await freePort()
  const environment = { ...naru.environment(), PORT: String(port), HOST: '127.0.0.1' }
  const start = performance.now()
  const child = spawn('/bin/sh', ['-c', 'node server.js'], {
    cwd: folder,
    env: environment,
    stdio: 'ignore',
    detached: true,
  })
  while (!(await answers(port, 'floor'))) await new Promise((resolve) => setTimeout(resolve, 2))
  const took = (performance.now() - start) / 1000
  process.kill(-(child.pid ?? 0), 'SIGTERM')
  await new Promise((resolve) => child.on('exit', resolve))
  return took
}

async function answers(port: number, host: string, body?: string): Promise<boolean> {
  try {
    const visit = await visitOnce(port, host)
    return visit.status === 200 && (body === undefined || visit.body === body)
  } catch {
    return false // Nothing listens yet: that is what is being waited for.
  }
}

/** From the start of `git push` until a visitor through the router gets the new answer. */
async function pushToLive(
  name: string,
  times: { healthyFor?: string; settle?: string },
  floor: number,
  goal?: number,
) {
  say(`${name}, ${rounds} rounds`)
  const repository = await naru.repository(name, app('v0', times))
  await repository.push()
  const took: number[] = []
  for (let round = 1; round <= rounds; round += 1) {
    await repository.commit(app(`v${round}`, times))
    const start = performance.now()
    const pushed = repository.push()
    await served(name, `v${round}`)
    took.push((performance.now() - start) / 1000)
    await pushed
  }
  const value = median(took)
  figures.add(name, value, 's', goal === undefined ? undefined : { value: goal })
  figures.add(`${name}-ratio`, value / floor, 'x floor')
  await naru.client.destroyApp(name, name)
}

/** With the given times, or those that an app gets that says nothing. */
function app(says: string, { healthyFor, settle }: { healthyFor?: string; settle?: string }) {
  const files = webApp({
    says,
    ...(healthyFor ? { healthyFor } : {}),
    ...(settle ? { settle } : {}),
  })
  if (healthyFor === undefined)
    files['naru.yaml'] = 'services: { web: { command: node server.js, settle: 1s } }\n'
  return onEngine(files)
}

function onEngine(files: Record<string, string>): Record<string, string> {
  return engine === 'docker' ? inAnImage(files) : files
}

async function served(host: string, body: string): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await answers(naru.http, `${host}.localhost`, body))) {
    if (performance.now() > end)
      throw new Error(`${body} of ${host} was not served within 60 s\n${naru.log()}`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}

/** From the command's request until the last answer of the release that is left. */
async function warmRollback(): Promise<void> {
  say(`warm rollback, ${rounds} rounds`)
  const times = { healthyFor: '0s', settle: '0s' }
  const repository = await naru.repository('rollback', app('v1', times))
  await repository.push()
  const took: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await repository.deploy(app(`bad-${round}`, times))
    const start = performance.now()
    const asked = naru.client.rollback(naru.place('rollback'))
    let lastBad = performance.now()
    while (performance.now() - lastBad < 300) {
      const { body } = await visitOnce(naru.http, 'rollback.localhost')
      if (body === `bad-${round}`) lastBad = performance.now()
    }
    await asked
    took.push((lastBad - start) / 1000)
    await settled('rollback')
  }
  figures.add(
    'warm-rollback',
    median(took),
    's',
    { value: 0.1 },
    'request to last answer of the bad release',
  )
}

async function settled(name: string): Promise<void> {
  const end = performance.now() + 60_000
  while ((await naru.status(name)).deployment !== null) {
    if (performance.now() > end)
      throw new Error(`${name} did not settle within 60 s\n${naru.log()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** 20 apps, each deployed three times by four pushers who never wait longer than for their own push. */
async function manyApps(): Promise<void> {
  const [apps, pushers, each] = [20, 4, 3]
  say(`${apps * each} deployments of ${apps} apps by ${pushers} pushers`)
  const repositories: Repository[] = []
  const files = (says: string) => app(says, { healthyFor: '0s', settle: '0s' })
  for (let index = 0; index < apps; index += 1)
    repositories.push(await naru.repository(`many-${index}`, files('v0')))
  const work = Array.from({ length: each }, (_, round) =>
    repositories.map((repository) => ({ repository, round })),
  ).flat()
  const failed: string[] = []
  const took = await seconds(() =>
    Promise.all(
      Array.from({ length: pushers }, async () => {
        for (let next = work.shift(); next !== undefined; next = work.shift()) {
          const { code, output } = await next.repository.deploy(files(`round ${next.round}`))
          if (code !== 0) failed.push(output)
        }
      }),
    ),
  )
  if (failed.length > 0)
    throw new Error(`${failed.length} of ${apps * each} deployments failed, such as:\n${failed[0]}`)
  figures.add(
    'many-apps',
    (apps * each) / took,
    'live/s',
    { value: 1, atLeast: true },
    `${took.toFixed(1)} s for ${apps * each}`,
  )
}
