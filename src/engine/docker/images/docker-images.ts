import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { ImageBuildOptions } from 'dockerode'
import { randomId } from '../../../base/id.ts'
import { ImageBuildError, type ImageStep, type Images, type ImageWish } from '../../images.ts'
import { imagePrefix } from '../collect.ts'
import { type Daemon, isStatus, refusalOf, translated } from '../daemon.ts'
import { label, labelsOfServer } from '../labels.ts'
import { Progress } from './progress.ts'
import { runInImage } from './step.ts'

/** Builds with the BuildKit that is in the daemon, over its API alone. */
export class DockerImages implements Images {
  constructor(
    private readonly daemon: Daemon,
    private readonly server: string,
  ) {}

  async build(wish: ImageWish, signal: AbortSignal): Promise<{ id: string }> {
    const { context } = wish
    const id = `naru-${randomId()}`
    const over = new AbortController()
    const cancel = () => {
      void this.#cancel(id)
      over.abort()
    }
    let broken: Error | null = null
    context.once('error', (error) => {
      broken = error
      over.abort()
    })
    signal.addEventListener('abort', cancel)
    try {
      signal.throwIfAborted()
      const answer = await this.#ask(wish, id, over.signal)
      answer.on('error', () => {}) // Whoever reads it is told; nobody may be reading.
      over.signal.addEventListener('abort', () => answer.destroy(new Error('the build has ended')))
      return await followed(answer, wish)
    } catch (error) {
      signal.throwIfAborted()
      if (isStatus(error, 400, 404, 500)) throw new ImageBuildError(refusalOf(error))
      throw translated(broken ?? error)
    } finally {
      signal.removeEventListener('abort', cancel)
      context.destroy()
    }
  }

  async has(id: string): Promise<boolean> {
    try {
      await this.daemon.call((docker) => docker.getImage(id).inspect())
      return true
    } catch (error) {
      if (isStatus(error, 404)) return false
      throw error
    }
  }

  run(step: ImageStep, signal: AbortSignal): Promise<{ exitCode: number }> {
    return runInImage(this.daemon, this.server, step, signal)
  }

  async #ask(
    { context, dockerfile, target, args, app, build }: ImageWish,
    id: string,
    abortSignal: AbortSignal,
  ): Promise<Readable> {
    const options = {
      version: '2' as const,
      buildid: id,
      abortSignal,
      dockerfile,
      t: `${imagePrefix(this.server)}${app}:${build}`,
      ...(target === undefined ? {} : { target }),
      buildargs: { ...args },
      labels: { ...labelsOfServer(this.server), [label.app]: app },
    }
    // Its types do not know the build's id.
    const answer = await this.daemon.docker.buildImage(context, options as ImageBuildOptions)
    return answer as unknown as Readable
  }

  async #cancel(id: string): Promise<void> {
    const { modem } = this.daemon.docker
    const options = { path: '/build/cancel?', method: 'POST', options: { id } }
    const statusCodes = { 200: true, 204: true, 404: true, 500: true }
    await new Promise((resolve) => modem.dial({ ...options, statusCodes }, resolve))
  }
}

type Line = { id?: string; aux?: unknown; error?: string; errorDetail?: { message?: string } }

/** Reads what the daemon says until it says no more. */
async function followed(answer: Readable, { progress }: ImageWish): Promise<{ id: string }> {
  const read = new Progress()
  let image: string | undefined
  let failure: string | undefined
  for await (const text of createInterface({
    input: answer,
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (text.trim() === '') continue
    const { id, aux, error, errorDetail } = JSON.parse(text) as Line
    if (id === 'moby.buildkit.trace' && typeof aux === 'string')
      for (const event of read.read(aux)) await progress(event)
    else if (id === 'moby.image.id') image = (aux as { ID?: string }).ID
    failure ??= errorDetail?.message ?? error
  }
  if (failure !== undefined) throw new ImageBuildError(failure)
  if (image === undefined) throw new ImageBuildError('the daemon stopped without an image')
  return { id: image }
}
