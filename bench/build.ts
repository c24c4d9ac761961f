import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { removeTree } from '../src/base/tree.ts'
import type { BuildView } from '../src/contract/shapes.ts'
import { Naru, type Repository, run } from '../test/support/naru.ts'
import { Figures, median, say, seconds } from './figures.ts'
import { load, machine } from './support/conditions.ts'
import { type DependencyApp, nodeApp, pythonApp } from './support/dependency-apps.ts'

/**
 * What a build costs beside what it cannot do without: a one-line change beside copying the tree, a first build beside
 * a plain install. Everything in turns, in one run, so that both sides meet the same machine and the same registry.
 */
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    installs: { type: 'string', default: '3' },
    apps: { type: 'string', default: 'node,node-built,python' },
    json: { type: 'boolean' },
  },
})
const [rounds, installs] = [Number(options.rounds), Number(options.installs)]
const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'))
const figures = new Figures()
/** What `npm run` tells its scripts about itself, the place of its cache among it. */
const isNpmRun = /^npm_config_(?!registry$|https?_proxy$|proxy$|noproxy$)/i

/** As builds have it, which spares the plain install a question to the registry too. */
const quiet = {
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  npm_config_progress: 'false',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_PROGRESS_BAR: 'off',
}

say(machine())
const naru = await Naru.started()
try {
  const makers: Record<string, () => Promise<DependencyApp>> = {
    node: () => nodeApp(join(folder, 'made-node'), false),
    'node-built': () => nodeApp(join(folder, 'made-node-built'), true),
    python: () => pythonApp(join(folder, 'made-python')),
  }
  for (const name of options.apps.split(',')) {
    const app = await makers[name]?.()
    if (app === undefined) throw new Error(`there is no app ${name}`)
    say(`${app.name}: ${app.packages} packages`)
    await firstBuilds(app)
    await oneLineChange(app)
  }
} finally {
  await naru.close()
  await removeTree(folder)
}
figures.end()

/** Plain install and first build in turns: with nothing cached, each in a home of its own; then again with what that left. */
async function firstBuilds(app: DependencyApp): Promise<void> {
  const taken = { cold: { plain: [], build: [] }, warm: { plain: [], build: [] } } as Record<
    'cold' | 'warm',
    { plain: number[]; build: number[] }
  >
  for (let round = 1; round <= installs; round += 1) {
    say(`${app.name}: plain install and first build, round ${round} of ${installs}`)
    const name = `${app.name}-first-${round}`
    const home = join(folder, name)
    const repository = await naru.repository(name, app.files('0'))
    const pushed = async () => secondsOf(await built(repository))
    const coldPlain = () => plainInstall(app, home, 'cold')
    const warmPlain = () => plainInstall(app, home, 'warm')
    await inTurn(round, [taken.cold.plain, coldPlain], [taken.cold.build, pushed])
    await repository.commit(app.relocked(String(round)))
    await inTurn(round, [taken.warm.plain, warmPlain], [taken.warm.build, pushed])
    await naru.client.destroyApp(name, name)
  }
  for (const kind of ['cold', 'warm'] as const) {
    const [plain, build] = [median(taken[kind].plain), median(taken[kind].build)]
    const cached = kind === 'cold' ? 'nothing cached' : "package manager's cache is warm"
    figures.add(
      `${app.name}-install-${kind}`,
      plain,
      's',
      undefined,
      `${app.plain.command}; ${cached}, ${load()}`,
    )
    figures.add(
      `${app.name}-first-build-${kind}`,
      build,
      's',
      undefined,
      `install within the build, ${cached}`,
    )
    figures.add(
      `${app.name}-first-build-${kind}-ratio`,
      build / plain,
      'times',
      { value: 1.1 },
      load(),
    )
  }
}

/** Whoever goes first may find the registry or the disk in another mood. */
async function inTurn(round: number, ...pairs: [number[], () => Promise<number>][]): Promise<void> {
  for (const [taken, work] of round % 2 === 0 ? pairs.reverse() : pairs) taken.push(await work())
}

async function plainInstall(app: DependencyApp, home: string, kind: string): Promise<number> {
  const place = join(home, kind)
  mkdirSync(place, { recursive: true })
  for (const [name, text] of Object.entries(app.plain.files)) writeFileSync(join(place, name), text)
  const inherited = Object.entries(naru.environment()).filter(([key]) => !isNpmRun.test(key))
  const environment = { ...Object.fromEntries(inherited), HOME: home, ...quiet, CI: 'true' }
  return seconds(() => plainly(app.plain.command, place, environment))
}

async function plainly(command: string, folder: string, environment: Record<string, string>) {
  const { code, output } = await run('/bin/sh', ['-c', command], { folder, environment })
  if (code !== 0) throw new Error(`${command} failed:\n${output}`)
}

/** From the start of `git push` until the artifact is on record, and the same without what the push itself takes. */
async function oneLineChange(app: DependencyApp): Promise<void> {
  const name = `${app.name}-change`
  const repository = await naru.repository(name, app.files('0'))
  await built(repository)
  const taken = { floor: [] as number[], ready: [] as number[], build: [] as number[] }
  for (let round = 1; round <= rounds; round += 1) {
    say(`${app.name}: one-line change, round ${round} of ${rounds}`)
    await repository.commit(app.files(String(round)))
    const floor = async () => void taken.floor.push(await copyTree(app, repository))
    const change = async () => {
      const started = Date.now()
      const build = await built(repository)
      taken.ready.push((Date.parse(build.endedAt ?? '') - started) / 1000)
      taken.build.push(secondsOf(build))
    }
    // A disk takes longer for the second of two copies: neither side is always the second.
    for (const work of round % 2 === 0 ? [floor, change] : [change, floor]) await work()
  }
  const said = (await naru.visit(name)).body
  if (said !== `round ${rounds}`) throw new Error(`${name} answers ${said}`)
  const floor = median(taken.floor)
  figures.add(
    `${app.name}-copy`,
    floor,
    's',
    undefined,
    `git archive | tar -x, cp -al ${app.installs.folder}${app.builds ? `, ${app.builds}` : ''}, ${load()}`,
  )
  figures.add(`${app.name}-change-build`, median(taken.build), 's', undefined, 'the build alone')
  figures.add(
    `${app.name}-change`,
    median(taken.ready),
    's',
    { value: floor + 0.5 },
    `git push to artifact ready, ${load()}`,
  )
  await naru.client.destroyApp(name, name)
}

/** What nobody gets round: the commit's files, and second names of the packages that are kept. */
async function copyTree(app: DependencyApp, repository: Repository): Promise<number> {
  const cache = join(naru.data, 'apps', repository.app, 'dependencies')
  const [key = ''] = readdirSync(cache)
  const kept = join(cache, key, 'files', app.installs.folder)
  const place = join(naru.data, 'apps', repository.app, 'copied-by-bench')
  mkdirSync(place)
  const took = await seconds(async () => {
    await unpacked(repository.folder, place)
    const { code, output } = await run('cp', ['-al', '--', kept, place])
    if (code !== 0) throw new Error(`cp failed: ${output}`)
    if (app.builds !== null) await plainly(app.builds, place, naru.environment())
  })
  await removeTree(place)
  return took
}

function unpacked(from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const archive = spawn('git', ['archive', '--format=tar', 'HEAD'], {
      cwd: from,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const tar = spawn('tar', ['-x', '-m', '-f', '-', '-C', to], {
      stdio: [archive.stdout, 'inherit', 'inherit'],
    })
    tar.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`tar ended with ${code}`))))
  })
}

/** Pushes what was committed; answers with the build when the push has ended well. */
async function built(repository: Repository): Promise<BuildView> {
  const { code, output } = await repository.push()
  if (code !== 0) throw new Error(`the push of ${repository.app} failed:\n${output}\n${naru.log()}`)
  const [build] = await naru.client.builds(repository.app)
  if (build === undefined) throw new Error(`${repository.app} has no build`)
  return build
}

function secondsOf({ startedAt, endedAt }: BuildView): number {
  return (Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '')) / 1000
}
