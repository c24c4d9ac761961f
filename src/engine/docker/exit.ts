import { constants, uptime } from 'node:os'
import type Dockerode from 'dockerode'
import type { Exit } from '../../model/instance.ts'

type State = Dockerode.ContainerInspectInfo['State']

/** How a container's program ended, as the daemon knows it; of one that a signal ended it only knows 128 and its number. */
export function exitOf(
  state: Pick<Dockerode.ContainerInspectInfo['State'], 'ExitCode' | 'FinishedAt'>,
): Exit {
  const signal = state.ExitCode > 128 ? signalOf(state.ExitCode - 128) : undefined
  const at = new Date(state.FinishedAt).toISOString()
  return signal === undefined
    ? { code: state.ExitCode, signal: null, at }
    : { code: null, signal, at }
}

const signalOf = (number: number): string | undefined =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0]

/** What a daemon says of a program that it lost sight of: it, or the machine, ended without a word. */
const lostCode = 255

/** Of one that ended while no server looked: whether the machine or the daemon ended with it. */
export const endedWithMachine = ({
  ExitCode,
  StartedAt,
}: Pick<State, 'ExitCode' | 'StartedAt'>): boolean =>
  ExitCode === lostCode || Date.parse(StartedAt) < Date.now() - uptime() * 1000

/** One that was never started has no time of its end. */
export const hasRun = ({ StartedAt }: Pick<State, 'StartedAt'>): boolean =>
  !StartedAt.startsWith('0001-')
