import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rotateKey } from '../access/key.ts'
import { tokens } from '../access/tokens.ts'
import { systemClock } from '../base/clock.ts'
import { diskUse } from '../base/disk.ts'
import { NaruError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import { portHolder } from '../base/port-holder.ts'
import { version } from '../base/version.ts'
import { catalogues, languageOfEnvironment } from '../contract/words/languages.ts'
import { openCommand } from '../deploy/commands.ts'
import { faultFrom } from '../deploy/fault.ts'
import { jobDesk } from '../deploy/jobs.ts'
import { Loops } from '../deploy/loops.ts'
import { conductor } from '../deploy/naru.ts'
import { defaultStuckAfterMs, type Parts } from '../deploy/parts.ts'
import { appsAccount, checkReachable } from '../engine/process/account.ts'
import { builtinRouter, endBuiltinRouter } from '../route/builtin/builtin-router.ts'
import { apiServer } from '../server/api.ts'
import { checkGit } from '../source/git.ts'
import { gitHttp } from '../source/git-http.ts'
import { repositories } from '../source/repository.ts'
import { readServedMs } from '../store/clock.ts'
import { readEngineChoice } from '../store/engine-choice.ts'
import { type FolderLock, lockFolder } from '../store/lock.ts'
import { openStore } from '../store/store.ts'
import { boundsOf } from './bounds.ts'
import { ownerToken } from './credentials.ts'
import { Engines, settleEngine } from './engines.ts'
import { type Address, type ServerOptions, sayAddress } from './options.ts'
import { programFile, serverPrograms } from './programs.ts'
import { workshops } from './workshops.ts'

export type RunningServer = {
  info: { api: string; http: string }
  /** Ends Naru, and unless they are kept, router and apps with it. */
  stop(how: { keepApps: boolean }): Promise<void>
}

/** How long apps get to end when Naru goes down with them. */
const downGraceSeconds = 10

/** Builds the real parts, joins them, and returns when the API answers. */
export async function startServer(options: ServerOptions, log: Log): Promise<RunningServer> {
  const lock = lockFolder(options.data)
  await checkGit()
  const outside = await openOutside(options, log)
  const { store, choice, engines, router } = outside
  const { engine } = engines
  const clock = systemClock(await readServedMs(store.db))
  const source = repositories({ folder: join(options.data, 'git') })
  const building = workshops(options.data, outside.account, source, store, {
    cacheLimitBytes: options.cacheLimitBytes,
    images: () => engines.images,
    log,
  })
  const parts: Parts = {
    store,
    engine,
    router,
    source,
    build: building.build,
    forgetBuilds: building.forget,
    clock,
    log,
    fault: faultFrom(process.env.NARU_FAULT),
    stuckAfterMs: Number(process.env.NARU_STUCK_AFTER_MS ?? defaultStuckAfterMs),
    domain: options.domain,
    httpPort: options.http.port,
    useEngine: (name) => engines.use(name),
    disks: () => Promise.all([options.data].map(diskUse)),
    builders: options.builds,
  }
  const loops = new Loops(parts)
  building.caches.whenOver(() => loops.collect())
  const jobs = jobDesk(parts)
  const words = catalogues[languageOfEnvironment(process.env)]
  const info = infoOf(options, clock.now().toISOString())
  await ownerToken(options.data, store, info.startedAt)
  const git = gitHttp({
    repositories: source,
    hook: { node: process.execPath, cli: programFile('cli') },
    environment: (token, _app, language = words.language) => ({
      NARU_API: info.api,
      NARU_TOKEN: token,
      NARU_LANG: language,
    }),
  })
  const api = await apiServer({
    conductor: conductor(parts, loops),
    store,
    engine,
    git: (request, response, { pusher, ...asked }) =>
      git.serve(request, response, { ...asked, pusher: pusher.token }),
    jobs,
    openCommand: (place, wish, by) => openCommand(parts, place, wish, by),
    tokens: tokens(store, clock.now),
    rotateKey: (by) => rotateKey(store, clock.now, by),
    importArchive: source.importArchive,
    buildLog: building.log,
    info: async () => ({
      ...info,
      engine: (await readEngineChoice(store.db)) ?? choice,
      table: loops.traffic.served,
      olderRouter: router.isOlder,
    }),
    engines: () => engines.look(),
    bounds: () => boundsOf(options.data, store, building.caches),
    served: clock.served,
    stop: (how) => void stop(how),
    words,
    log,
  })
  await building.tidy()
  await listen(api, options.api)
  await loops.start()
  await jobs.adopt()
  const file = join(options.data, 'server.json')
  const kept = { ...info, programs: serverPrograms }
  await writeFile(file, `${JSON.stringify(kept)}\n`, { mode: 0o600 })
  log.info('started', { api: info.api, http: info.http })

  let ending: Promise<void> | null = null

  /** The first wish counts. When the end goes wrong the process ends all the same: the store is what counts. */
  function stop(how: { keepApps: boolean }): Promise<void> {
    ending ??= end(how).catch((error: unknown) => {
      log.error('the end went wrong', error)
      process.exit(1)
    })
    return ending
  }

  async function end({ keepApps }: { keepApps: boolean }): Promise<void> {
    await Promise.all([api.close(), git.close()])
    await loops.close()
    if (keepApps) await Promise.all([router.close(), engine.close()])
    else {
      // Visitors are turned away first, then the apps end.
      await router.shutdown()
      await engines.endAll(downGraceSeconds)
    }
    // Not there any more: all went as it was asked for.
    await rm(file, { force: true })
    await store.close()
    lock.release()
    log.info('ended', { keepApps })
    process.exit(0)
  }
  return { info, stop }
}

/** Ends the router and the apps that an earlier server left running. Throws `server.apps-left`. */
export async function endLeftovers(options: ServerOptions, log: Log): Promise<void> {
  const lock: FolderLock = lockFolder(options.data)
  const store = await openStore(options.data, { now: () => new Date(), log })
  const engines = await Engines.open(options.data, store, await appsAccount(), log)
  await endBuiltinRouter(routerOptions(options, log))
  await engines.endAll(downGraceSeconds)
  await rm(join(options.data, 'server.json'), { force: true })
  await store.close()
  lock.release()
}

async function openOutside(options: ServerOptions, log: Log) {
  const account = await appsAccount()
  if (account !== null) await checkReachable(options.data, account)
  const store = await openStore(options.data, { now: () => new Date(), log })
  const choice = await settleEngine(store, options.engine, () => new Date())
  const [engines, router] = await Promise.all([
    Engines.open(options.data, store, account, log),
    builtinRouter(routerOptions(options, log)),
  ])
  return { account, store, choice, engines, router }
}

const routerOptions = ({ data, http }: ServerOptions, log: Log) => ({
  folder: join(data, 'router'),
  program: programFile('router'),
  http,
  log,
})

function infoOf({ data, api, http, domain }: ServerOptions, startedAt: string) {
  return {
    version,
    pid: process.pid,
    domain,
    api: `http://${sayAddress(api)}`,
    http: `http://${sayAddress(http)}`,
    dataFolder: data,
    startedAt,
  }
}

async function listen(
  api: { listen(host: string, port: number): Promise<string> },
  at: Address,
): Promise<void> {
  try {
    await api.listen(at.host, at.port)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    const holder = await portHolder(at.port)
    throw new NaruError('server.port-taken', { address: sayAddress(at), flag: '--api', holder })
  }
}
