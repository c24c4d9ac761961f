import type { Duplex } from 'node:stream'
import { randomId } from '../../../base/id.ts'
import type { ImageStep } from '../../images.ts'
import { type Attached, takeApart } from '../attached.ts'
import { commandOf } from '../container.ts'
import { type Daemon, isStatus } from '../daemon.ts'
import { label, labelsOfServer } from '../labels.ts'
import { buildShares } from './build-share.ts'

/** Runs a command in a container of an image. Rejects with the reason of `signal`; in either case the container is gone then. */
export async function runInImage(
  daemon: Daemon,
  server: string,
  { app, build, image, command, environment, output }: ImageStep,
  signal: AbortSignal,
): Promise<{ exitCode: number }> {
  signal.throwIfAborted()
  const container = await daemon.call((docker) =>
    docker.createContainer({
      name: `naru-${server}-${app}-step-${build}-${randomId()}`,
      Image: image,
      // What the image starts with is for its services.
      Entrypoint: commandOf(command),
      Cmd: [],
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      Labels: { ...labelsOfServer(server), [label.kind]: 'step', [label.app]: app },
      HostConfig: {
        Init: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        PidsLimit: 2048,
        CpuShares: buildShares,
      },
    }),
  )
  const stop = () => void container.kill().catch(() => {}) // It has ended, or is removed below.
  try {
    const stream = (await daemon.call(() =>
      container.attach({ stream: true, stdout: true, stderr: true, hijack: true }),
    )) as unknown as Duplex
    stream.on('error', () => {}) // What came until then is all there is.
    const said = told(takeApart(stream, false), output)
    signal.addEventListener('abort', stop)
    signal.throwIfAborted()
    await daemon.call(() => container.start(), 60_000)
    const { StatusCode } = (await container.wait()) as { StatusCode: number }
    await said
    signal.throwIfAborted()
    return { exitCode: StatusCode }
  } finally {
    signal.removeEventListener('abort', stop)
    await container.remove({ force: true, v: true }).catch((error: unknown) => {
      if (!isStatus(error, 404, 409)) throw error
    })
  }
}

/** Resolves when all that the program has said was taken. */
async function told(
  { output, errors }: Attached,
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  const all = [output, errors].filter((stream) => stream !== null)
  await Promise.all(
    all.map(async (stream) => {
      for await (const chunk of stream) await take(chunk as Buffer)
    }),
  )
}
