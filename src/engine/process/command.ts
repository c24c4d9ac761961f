import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { NaruError } from '../../base/error.ts'
import { anyProcess } from '../../base/processes.ts'
import type { CommandRun, OpenCommand } from '../engine.ts'
import { untilEmpty } from './ending.ts'
import { programEnvironment } from './environment.ts'
import { ProcessGroup } from './group.ts'
import { newLastWord, untilLastWord } from './last-word.ts'
import { argumentsOf, readStatus, whyNotStarted } from './launcher.ts'
import { makePipes } from './pipes.ts'
import {
  type AppIdentity,
  appIdentity,
  makeAppFolder,
  makeAppPlaces,
  makeOwnFolder,
} from './places.ts'
import { startPty } from './pty.ts'
import type { InSlug } from './slug.ts'
import type { Surroundings } from './surroundings.ts'

/** What a command has left running when its program ends gets to end. */
const restGraceSeconds = 2

export type StartedCommand = OpenCommand & {
  /** Resolves when nothing of it runs any more. */
  gone: Promise<void>
}

type Program = {
  args: string[]
  folder: string
  environment: Record<string, string>
  identity: AppIdentity
}

type Started = Pick<OpenCommand, 'input' | 'output' | 'errors' | 'resize' | 'ended'> & {
  pid: number
}

/**
 * Starts a command of somebody who holds its streams. `folder` is its own while it runs; `id` is in the environment of
 * each of its processes.
 */
export async function startCommand(
  around: Surroundings,
  id: string,
  folder: string,
  spec: InSlug<CommandRun>,
): Promise<StartedCommand> {
  const { places, account, groupOf, log, session } = around
  const { app, environment } = spec.place
  const group = await groupOf(app)
  const at = places.app(app)
  const [home, temporary] = [at.home(environment), at.temporary(id)]
  await makeOwnFolder(folder)
  await makeAppPlaces(at, account, group)
  for (const each of [home, temporary]) await makeAppFolder(each, account, group)
  const lastWord = newLastWord()
  const program: Program = {
    args: [session, lastWord, ...argumentsOf(spec.command)],
    folder: spec.folder,
    environment: programEnvironment(spec, { id, home, temporary }),
    identity: appIdentity(account, group),
  }
  const started = await (spec.terminal === null
    ? startPlain(program, folder)
    : startOnTerminal(program, spec.terminal, lastWord))
  const leader = anyProcess(started.pid)
  const processes = leader === null ? null : new ProcessGroup(leader, id)
  let killAtMs = Number.POSITIVE_INFINITY

  /** Commands end with their server, so nothing keeps it from ending them. */
  const gone = (): Promise<void> => {
    const how = { instance: id, killAtMs: () => killAtMs, closing: new AbortController().signal }
    return processes === null ? Promise.resolve() : untilEmpty(processes, { ...how, log })
  }
  const end = async (graceSeconds: number): Promise<void> => {
    killAtMs = Math.min(killAtMs, performance.now() + graceSeconds * 1000)
    processes?.signal('SIGHUP')
    processes?.signal('SIGTERM')
    await gone()
  }
  const { pid: _, ...streams } = started
  return {
    ...streams,
    signal: (signal) => processes?.signal(signal),
    end,
    gone: started.ended.then(() => end(restGraceSeconds)),
  }
}

async function startOnTerminal(
  { args, ...program }: Program,
  terminal: NonNullable<CommandRun['terminal']>,
  lastWord: string,
): Promise<Started> {
  const pty = await startPty({ ...program, program: '/bin/sh', args, terminal })
  let output: Readable = pty.output
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    output = untilLastWord(pty.output, lastWord, (code) => resolve(readStatus(code)))
    // The session was ended before its command could be: by us, or by somebody else.
    void pty.ended.then(({ code, signal }) =>
      resolve(signal === 0 ? readStatus(code) : { code: null, signal: signalName(signal) }),
    )
  })
  return { pid: pty.pid, input: pty.input, output, errors: null, resize: pty.resize, ended }
}

async function startPlain(program: Program, folder: string): Promise<Started> {
  const { input, output, errors, files, handOver } = await makePipes(folder, program.identity)
  const child = spawned(program, files)
  handOver()
  input.on('error', () => {}) // Its program does not read on: then the rest of the input is for nobody.
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(code === null ? { code, signal } : readStatus(code)),
    )
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(notStarted(whyNotStarted(error))))
  })
  return { pid: child.pid ?? 0, input, output, errors, resize: () => {}, ended }
}

function spawned(program: Program, files: readonly number[]): ChildProcess {
  try {
    return spawn('/bin/sh', program.args, {
      ...program.identity,
      cwd: program.folder,
      env: program.environment,
      detached: true,
      stdio: [...files],
    })
  } catch (error) {
    // As where its arguments are longer than the system takes.
    for (const file of files) closeSync(file)
    throw notStarted(whyNotStarted(error))
  }
}

const notStarted = (reason: string): NaruError =>
  new NaruError('engine.start-failed', { instance: 'the command', reason })

const signalName = (wanted: number): string =>
  Object.entries(constants.signals).find(([, number]) => number === wanted)?.[0] ?? 'SIGKILL'
