import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { randomId } from '../../../base/id.ts'
import { ImageBuildError, type ImageStep, type Images, type ImageWish } from '../../images.ts'
import { imagePrefix } from '../collect.ts'
import { type Daemon, isStatus, refusalOf, translated } from '../daemon.ts'
import { label, labelsOfServer } from '../labels.ts'
import { holdBuildsBack } from './build-share.ts'
import { Progress } from './progress.ts'
import { type BuildSession, openSession } from './session.ts'
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
    let session: BuildSession | null = null
    context.on('error', (error) => {
      broken ??= error
      over.abort()
    })
    signal.addEventListener('abort', cancel)
    try {
      signal.throwIfAborted()
      session = await this.#session(wish)
      const answer = await this.#ask(wish, { id, session: session.id }, over.signal)
      answer.on('error', () => {}) // Whoever reads it is told; nobody may be reading.
      over.signal.addEventListener('abort', () => answer.destroy(new Error('the build has ended')))
      return await followed(answer, wish)
    } catch (error) {
      signal.throwIfAborted()
      if (isStatus(error, 400, 404, 500)) throw new ImageBuildError(refusalOf(error))
      throw translated(broken ?? error)
    } finally {
      signal.removeEventListener('abort', cancel)
      session?.close()
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

  #ask(
    { context, dockerfile, target, args, fetches, app, build }: ImageWish,
    { id, session }: { id: string; session: string },
    abortSignal: AbortSignal,
  ): Promise<Readable> {
    const options = {
      version: '2',
      buildid: id,
      session,
      dockerfile,
      t: `${imagePrefix(this.server)}${app}:${build}`,
      ...(target === undefined ? {} : { target }),
      ...(fetches ? { pull: '1' } : {}),
      buildargs: JSON.stringify(args),
      labels: JSON.stringify({ ...labelsOfServer(this.server), [label.app]: app }),
    }
    // Past the library's own way to build, which opens a session of its own and takes none.
    const dial = {
      path: '/build?',
      method: 'POST',
      options,
      file: context as unknown as NodeJS.ReadableStream,
      abortSignal,
      isStream: true,
      statusCodes: { 200: true, 400: 'bad request', 404: 'not found', 500: 'server error' },
    }
    return new Promise((resolve, reject) =>
      this.daemon.docker.modem.dial(dial as Dial, (error, answer) =>
        error ? reject(error) : resolve(answer as Readable),
      ),
    )
  }

  /** Always: registries ask who one is for what is public too, and where nobody can say the build fails. */
  #session({ secrets, loginAt }: ImageWish): Promise<BuildSession> {
    const secretOf = async (name: string) => {
      const secret = Object.hasOwn(secrets, name) ? secrets[name] : undefined
      return secret === undefined ? null : Buffer.from(secret.reveal())
    }
    return this.daemon.call(() => openSession(this.daemon, { secretOf, loginAt }))
  }

  async #cancel(id: string): Promise<void> {
    const { modem } = this.daemon.docker
    const options = { path: '/build/cancel?', method: 'POST', options: { id } }
    const statusCodes = { 200: true, 204: true, 404: true, 500: true }
    await new Promise((resolve) => modem.dial({ ...options, statusCodes }, resolve))
  }
}

type Dial = Parameters<Daemon['docker']['modem']['dial']>[0]

type Line = { id?: string; aux?: unknown; error?: string; errorDetail?: { message?: string } }

/** Reads what the daemon says until it says no more. */
async function followed(answer: Readable, { progress }: ImageWish): Promise<{ id: string }> {
  const read = new Progress()
  let image: string | undefined
  let failure: string | undefined
  let areHeldBack = false
  for await (const text of createInterface({
    input: answer,
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (text.trim() === '') continue
    const { id, aux, error, errorDetail } = JSON.parse(text) as Line
    if (id === 'moby.buildkit.trace' && typeof aux === 'string')
      for (const event of read.read(aux)) {
        if (!areHeldBack) areHeldBack = await holdBuildsBack()
        await progress(event)
      }
    else if (id === 'moby.image.id') image = (aux as { ID?: string }).ID
    failure ??= errorDetail?.message ?? error
  }
  if (failure !== undefined) throw new ImageBuildError(failure)
  if (image === undefined) throw new ImageBuildError('the daemon stopped without an image')
  return { id: image }
}
