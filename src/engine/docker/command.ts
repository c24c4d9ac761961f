import type { Duplex } from 'node:stream'
import { NaruError } from '../../base/error.ts'
import type { CommandRun, OpenCommand, Terminal, TerminalSize } from '../engine.ts'
import { pause } from '../pause.ts'
import { takeApart } from './attached.ts'
import { containerOptions } from './container.ts'
import { refusalOf } from './daemon.ts'
import { removeContainer, signalTo, untilEnded } from './ending.ts'
import { imageOf, programEnvironment } from './environment.ts'
import { exitOf } from './exit.ts'
import { label } from './labels.ts'
import type { DockerSurroundings } from './surroundings.ts'

/** `gone`: its container is removed. */
export type StartedCommand = OpenCommand & { gone: Promise<void> }

/** Starts a command in a container of its own, which goes when its program ends. Throws `engine.start-failed`. */
export async function startCommand(
  around: DockerSurroundings,
  id: string,
  spec: CommandRun,
): Promise<StartedCommand> {
  const { place, release, terminal } = spec
  const network = await around.networks.of(place)
  const options = containerOptions({
    server: around.server,
    kind: 'command',
    id,
    place,
    labels: { [label.release]: String(release) },
    image: imageOf(spec.body),
    command: spec.command,
    environment: { ...programEnvironment(spec, id), ...termOf(terminal) },
    resources: {},
    volumes: {},
    network: network.name,
    address: null,
  })
  const { daemon } = around
  const made = await daemon
    .call(
      (docker) =>
        docker.createContainer({
          ...options,
          Tty: terminal !== null,
          OpenStdin: true,
          StdinOnce: true,
          // What a person types and is shown is nobody else's.
          HostConfig: {
            ...options.HostConfig,
            LogConfig: { Type: 'none', Config: {} },
            // Daemons before version 23 do not know it: there the size comes right after the start.
            ...(terminal === null ? {} : { ConsoleSize: [terminal.rows, terminal.columns] }),
          },
        }),
      60_000,
    )
    .catch((error: unknown) => {
      throw notStarted(error)
    })
  const container = made.id
  try {
    const stream = (await daemon.call(() =>
      made.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true }),
    )) as Duplex
    const parts = takeApart(stream, terminal !== null)
    await daemon.call(() => made.start(), 60_000)
    const resize = ({ columns, rows }: TerminalSize): Promise<void> =>
      daemon
        .call(() => made.resize({ w: columns, h: rows }))
        .then(() => {})
        .catch((error: unknown) =>
          around.log.warn('a terminal keeps its size', { reason: refusalOf(error) }),
        )
    // Before anybody types.
    if (terminal !== null) await resize(terminal)
    const ended = untilEnded(around, container).then((state) =>
      state === null ? { code: null, signal: null } : exitOf(state),
    )
    const gone = ended.then(() => removeContainer(around, container))
    for (const later of [ended, gone]) later.catch(() => {}) // Whoever waits for it is told.
    return {
      ...parts,
      resize: (size) => void (terminal !== null && resize(size)),
      signal: (signal) => void signalTo(around, container, signal),
      ended: ended.then(({ code, signal }) => ({ code, signal })),
      gone,
      async end(graceSeconds) {
        await signalTo(around, container, 'SIGHUP')
        const over = new AbortController()
        void gone.then(
          () => over.abort(),
          () => over.abort(),
        )
        if (await pause(graceSeconds * 1000, over.signal))
          await signalTo(around, container, 'SIGKILL')
        await gone
      },
    }
  } catch (error) {
    await removeContainer(around, container)
    throw notStarted(error)
  }
}

const termOf = (terminal: Terminal | null): Record<string, string> =>
  terminal === null ? {} : { TERM: terminal.kind }

const notStarted = (error: unknown): unknown =>
  error instanceof NaruError
    ? error
    : new NaruError(
        'engine.start-failed',
        { instance: 'the command', reason: refusalOf(error) },
        { cause: error },
      )
