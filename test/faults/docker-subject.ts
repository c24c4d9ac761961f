import type Docker from 'dockerode'
import { type AppOptions, inAnImage, webApp } from '../support/apps.ts'
import { isAlive, until } from '../support/naru.ts'
import { Subject } from './subject.ts'

export const release = (number: number, more: Partial<AppOptions> = {}): Record<string, string> =>
  inAnImage(webApp({ says: `v${number}`, ...more }))

/** An app in containers, to which somebody does something behind Naru's back. */
export class DockerSubject extends Subject {
  docker!: Docker

  /** The containers of its instances that are there, running or not. */
  async containers(release?: number, service = 'web'): Promise<Docker.ContainerInfo[]> {
    const label = [
      `naru.server=${this.naru.dockerServer()}`,
      `naru.app=${this.app}`,
      `naru.service=${service}`,
      'naru.kind=instance',
      ...(release === undefined ? [] : [`naru.release=${release}`]),
    ]
    return this.docker.listContainers({ all: true, filters: { label } })
  }

  async container(release?: number, service = 'web'): Promise<Docker.Container> {
    const [found] = await this.containers(release, service)
    if (found === undefined) throw new Error(`${this.app} has no container of ${service}`)
    return this.docker.getContainer(found.Id)
  }

  /** Ends its program as the kernel does, past the daemon. */
  async crash(release: number): Promise<void> {
    const { State } = await (await this.container(release)).inspect()
    process.kill(State.Pid, 'SIGKILL')
    await until(() => !isAlive(State.Pid), 'the container to die')
  }

  /** Waits until `count` instances are healthy, each in a container of its own and none beside them. */
  async isWhole(count: number, limitMs = 30_000): Promise<void> {
    let seen = ''
    await until(
      async () => {
        // While the daemon is away, that is said.
        const instances = await this.instances().catch(() => [])
        const containers = await this.containers()
        seen = JSON.stringify({
          instances,
          containers: containers.map(({ Names, State }) => [Names, State]),
        })
        return (
          instances.length === count &&
          containers.length === count &&
          instances.every(({ health }) => health === 'healthy') &&
          containers.every(({ State }) => State === 'running')
        )
      },
      () => `${count} healthy instances of ${this.app}; there is ${seen}\n${this.naru.log()}`,
      limitMs,
    )
  }
}
