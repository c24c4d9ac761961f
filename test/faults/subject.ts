import { expect } from 'vitest'
import type { DeploymentView, InstanceView } from '../../src/contract/shapes.ts'
import { isOver, type Status } from '../../src/model/rollout.ts'
import { isAlive, type Naru, type Ran, type Repository, until } from '../support/naru.ts'
import { Visitors } from '../support/visitor.ts'

/** An app on a running Naru to which something is done, and how it is. */
export class Subject {
  constructor(
    readonly naru: Naru,
    readonly repository: Repository,
  ) {}

  /** A new app whose first release serves. */
  static async serving<S extends typeof Subject>(
    this: S,
    naru: Naru,
    app: string,
    files: Record<string, string>,
  ): Promise<InstanceType<S>> {
    const repository = await naru.repository(app, files)
    expect((await repository.push()).output).toContain('live at')
    return new this(naru, repository) as InstanceType<S>
  }

  get app(): string {
    return this.repository.app
  }

  /** Does something while visitors ask again and again; resolves with what they met. */
  async underLoad(act: (visitors: Visitors) => Promise<unknown>): Promise<Visitors> {
    const visitors = new Visitors(this.naru.http, `${this.app}.localhost`)
    try {
      await act(visitors)
    } finally {
      await visitors.stop()
    }
    return visitors
  }

  /** Starts a push; `begun` resolves as soon as its deployment is in the given status. */
  deployAndLook(
    files: Record<string, string>,
    status: Status,
  ): { pushed: Promise<Ran>; begun: Promise<void> } {
    const before = this.newest()
    const pushed = before.then(() => this.repository.deploy(files))
    const begun = before.then((last) => this.reaches(status, last?.number ?? 0))
    return { pushed, begun }
  }

  /** Pushes, and acts as soon as the deployment is in the given status. */
  async deployThen(
    files: Record<string, string>,
    status: Status,
    act: (deployment: number) => Promise<unknown>,
  ): Promise<Ran> {
    const { pushed, begun } = this.deployAndLook(files, status)
    await begun
    await act((await this.newest())?.number ?? 0)
    return pushed
  }

  /** Waits until the newest deployment is in that status; only one after `after` counts. */
  async reaches(status: Status, after = 0, limitMs = 30_000): Promise<void> {
    let last: DeploymentView | undefined
    await until(
      async () => {
        last = await this.newest()
        return last !== undefined && last.number > after && last.status === status
      },
      () => `a deployment of ${this.app} that is ${status}; there is ${JSON.stringify(last)}`,
      limitMs,
    )
  }

  async newest(): Promise<DeploymentView | undefined> {
    return (await this.deployments())[0]
  }

  /** Newest first. */
  deployments(): Promise<DeploymentView[]> {
    return this.naru.client.deployments(this.naru.place(this.app))
  }

  async isOver(): Promise<boolean> {
    const status = (await this.newest())?.status
    return status !== undefined && isOver(status)
  }

  abort(deployment: number): Promise<unknown> {
    return this.naru.client.abort(this.naru.place(this.app), deployment)
  }

  /** All of a service, of every release or of one. */
  async instances(service = 'web', release?: number): Promise<InstanceView[]> {
    const { instances } = await this.naru.status(this.app)
    return instances.filter(
      (one) => one.service === service && (release === undefined || one.release === release),
    )
  }

  /** Process ids of a release's programs, once all of them are healthy. */
  async pids(release: number, service = 'web'): Promise<number[]> {
    let found: InstanceView[] = []
    await until(async () => {
      found = await this.instances(service, release)
      return found.length > 0 && found.every(({ health, pid }) => health === 'healthy' && pid)
    }, `v${release} of ${this.app} to be healthy`)
    return found.map(({ pid }) => pid ?? 0)
  }

  /** Ends every process of these instances' programs without a word, as the kernel does when memory is out. */
  async kill(pids: number[]): Promise<void> {
    for (const pid of pids) process.kill(-pid, 'SIGKILL')
    await until(() => pids.every((pid) => !isAlive(pid)), 'the instances to die')
  }

  /** The release that serves, by the environment's pointer and by what a visitor gets. */
  async serves(release: number, says = `v${release}`): Promise<void> {
    await until(
      async () =>
        (await this.naru.status(this.app)).serving === release &&
        (await this.naru.visit(this.app)).body === says,
      `v${release} of ${this.app} to be what serves`,
    )
  }
}
