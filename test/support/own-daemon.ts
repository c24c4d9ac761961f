import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import Docker from 'dockerode'
import { baseImages, docker as main } from './docker.ts'
import { commandOf, isAlive, processes, run, until } from './naru.ts'

export type OwnDaemonOptions = {
  /** Whether containers live on while the daemon is away. */
  liveRestore?: boolean
}

/**
 * A Docker daemon of a test's own, to be restarted, stopped in its tracks and killed. It shares nothing with the one of this
 * machine but the kernel; in particular it leaves the firewall alone, so that its containers reach no network but theirs.
 */
export class OwnDaemon {
  // Not below /tmp where that is in memory; short, since the path of a socket is bounded.
  readonly folder = mkdtempSync('/var/tmp/nd-')
  readonly socket = join(this.folder, 'docker.sock')
  readonly docker = new Docker({ socketPath: this.socket })
  readonly #bridge = `nd${randomBytes(4).toString('hex')}`
  readonly #bridges = new Set([this.#bridge])
  #child: ChildProcess | undefined

  private constructor(readonly options: OwnDaemonOptions) {}

  /** One that answers, with the images named `images` of this machine's daemon. */
  static async started(
    options: OwnDaemonOptions = {},
    images: readonly string[] = [baseImages.node],
  ): Promise<OwnDaemon> {
    const daemon = new OwnDaemon(options)
    try {
      await daemon.#makeBridge()
      await daemon.start()
      for (const image of images) await daemon.load(image)
    } catch (error) {
      await daemon.end()
      throw error
    }
    return daemon
  }

  /** What makes Naru use this one. */
  get environment(): Record<string, string> {
    return { DOCKER_HOST: `unix://${this.socket}` }
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('this daemon does not run')
    return pid
  }

  async start(): Promise<void> {
    const log = openSync(join(this.folder, 'log'), 'a')
    const at = (name: string) => join(this.folder, name)
    const child = spawn(
      'dockerd',
      [
        ...['--host', `unix://${this.socket}`, '--pidfile', at('pid')],
        ...['--data-root', at('data'), '--exec-root', at('exec')],
        // Without one of its own it would take that of this machine's daemon, or remove it.
        ...['--bridge', this.#bridge],
        ...['--iptables=false', '--ip6tables=false', '--ip-forward=false'],
        `--live-restore=${this.options.liveRestore === true}`,
        ...['--shutdown-timeout', '5'],
      ],
      { stdio: ['ignore', log, log] },
    )
    closeSync(log)
    this.#child = child
    await until(
      async () => {
        if (!runs(child)) throw new Error(`dockerd ended:\n${this.log()}`)
        return answers(this.docker)
      },
      () => `a daemon that answers:\n${this.log()}`,
      60_000,
    )
  }

  /** Ends it as the service manager does. */
  async stop(): Promise<void> {
    await this.#ended('SIGTERM')
  }

  /** Ends it without a word, as a crash does; its containers run on. */
  async kill(): Promise<void> {
    await this.#ended('SIGKILL')
    const containerd = () => this.#named('containerd').filter((pid) => !isShim(pid) && isAlive(pid))
    await until(() => containerd().length === 0, 'its containerd to end with it')
    await this.#forgetContainerd()
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** From here on it takes connections and answers nothing. */
  hang(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  wake(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  /** As a machine that loses power: the daemon and all that runs in containers is gone at once. */
  async powerCut(): Promise<void> {
    await this.#noteBridges().catch(() => {}) // It hangs or is down; what it had before that is known.
    // None sees another die and acts on it.
    for (const pid of this.#processes()) signalIfThere(pid, 'SIGSTOP')
    const all = this.#processes()
    await until(
      () => {
        // What was just being started as well.
        for (const pid of this.#processes()) all.push(pid)
        for (const pid of all) signalIfThere(pid, 'SIGKILL')
        return all.every((pid) => !isAlive(pid))
      },
      () => `all of it to be gone: ${this.#processes()}`,
    )
    await this.#forgetContainerd()
  }

  async load(image: string): Promise<void> {
    const tar = await main.getImage(image).get()
    const answer = await this.docker.loadImage(tar, { quiet: true })
    answer.resume()
    await once(answer, 'end')
  }

  log(): string {
    const file = join(this.folder, 'log')
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(-40).join('\n') : ''
  }

  /** Ends it and all that runs in it, and removes its folder and its bridges. */
  async end(): Promise<void> {
    if (this.#child !== undefined && runs(this.#child)) this.wake()
    await this.powerCut()
    for (const bridge of this.#bridges) await run('ip', ['link', 'delete', bridge])
    await unmountBelow(this.folder)
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** Its default network; somebody else may make one at the same moment. */
  async #makeBridge(): Promise<void> {
    const bridge = this.#bridge
    await command('ip', ['link', 'add', bridge, 'type', 'bridge'])
    const [third] = randomBytes(1)
    await command('ip', ['address', 'add', `10.231.${third}.1/24`, 'dev', bridge])
    await command('ip', ['link', 'set', bridge, 'up'])
  }

  /** Interfaces of this machine, which outlive it. */
  async #noteBridges(): Promise<void> {
    const networks = await this.docker.listNetworks({
      filters: { driver: ['bridge'] },
      abortSignal: AbortSignal.timeout(2_000),
    })
    for (const { Id, Options } of networks) {
      this.#bridges.add(Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`)
    }
  }

  /** Where nothing collects the dead, its number stays taken, and the next daemon would wait for it in vain. */
  #forgetContainerd(): Promise<void> {
    return rm(join(this.folder, 'exec/containerd/containerd.pid'), { force: true })
  }

  async #ended(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || !runs(child)) return
    await this.#noteBridges().catch(() => {}) // It hangs; what it had before that is known.
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }

  /** The daemon, its containerd, the shims, and all in its containers. */
  #processes(): number[] {
    const own = new Set(this.#named().filter(isAlive))
    // A container's processes name no folder: they are below its shim, which does.
    for (let grown = true; grown; ) {
      const more = processes().filter(
        (pid) => !own.has(pid) && own.has(parentOf(pid)) && isAlive(pid),
      )
      for (const pid of more) own.add(pid)
      grown = more.length > 0
    }
    return [...own]
  }

  /** Programs of Docker's that were told this folder. */
  #named(program = ''): number[] {
    return processes().filter((pid) => {
      const [name = '', ...args] = commandOf(pid).split('\0')
      return (
        /^(?:dockerd|containerd(?:-shim.*)?)$/.test(basename(name)) &&
        basename(name).startsWith(program) &&
        args.some((word) => word.includes(`${this.folder}/`))
      )
    })
  }
}

async function command(program: string, args: string[]): Promise<void> {
  const { code, output } = await run(program, args)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${output}`)
}

const isShim = (pid: number): boolean => commandOf(pid).split('\0')[0]?.includes('-shim') === true

const runs = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null

async function answers(docker: Docker): Promise<boolean> {
  try {
    await docker.listImages({ abortSignal: AbortSignal.timeout(2_000) })
    return true
  } catch {
    return false // Not yet.
  }
}

/** 0 when there is no such process. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0 // It has ended meanwhile.
  }
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/** What a daemon that was killed leaves mounted; a file system in it that is still held goes with its last holder. */
async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`))
  // The deepest first: a mount stands in another.
  for (const point of points.reverse()) await run('umount', ['--lazy', '--', point])
}
