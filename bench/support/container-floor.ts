import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pack } from 'tar-stream'
import { docker, freshServer, removeAllOf } from '../../test/support/docker.ts'

/**
 * What Docker itself takes: the folder built into an image whose other layers are cached, a container made of it and
 * started, until its first answer. In seconds. What it makes is gone before the next round of the same floor.
 */
export class ContainerFloor {
  readonly #server = freshServer()
  #network: string | undefined

  async buildToAnswer(folder: string): Promise<number> {
    const { name, labels } = await this.#ready()
    const start = performance.now()
    const image = await this.#build(folder)
    const container = await docker.createContainer({
      Image: image,
      Cmd: ['/bin/sh', '-c', 'node server.js'],
      Env: ['PORT=3000', 'HOST=0.0.0.0'],
      Labels: labels,
      HostConfig: { Init: true, NetworkMode: name },
    })
    await container.start()
    const { NetworkSettings } = await container.inspect()
    const host = NetworkSettings.Networks[name]?.IPAddress ?? ''
    while (!(await answers(host))) await new Promise((resolve) => setTimeout(resolve, 2))
    const took = (performance.now() - start) / 1000
    await container.remove({ force: true })
    return took
  }

  close(): Promise<void> {
    return removeAllOf(this.#server)
  }

  async #ready() {
    const name = `naru-floor-${this.#server}`
    const labels = { 'naru.server': this.#server }
    this.#network ??= (await docker.createNetwork({ Name: name, Labels: labels })).id
    return { name, labels }
  }

  async #build(folder: string): Promise<string> {
    const context = pack()
    for (const name of await readdir(folder)) {
      if (name !== '.git') context.entry({ name }, await readFile(join(folder, name)))
    }
    context.finalize()
    const tag = `naru-floor-${this.#server}`
    const said = await docker.buildImage(context as unknown as NodeJS.ReadableStream, {
      t: tag,
      labels: { 'naru.server': this.#server },
      version: '2',
    })
    said.resume()
    await once(said, 'end')
    return tag
  }
}

async function answers(host: string): Promise<boolean> {
  try {
    return (await fetch(`http://${host}:3000/`, { headers: { connection: 'close' } })).ok
  } catch {
    return false // Nothing listens yet: that is what is being waited for.
  }
}
