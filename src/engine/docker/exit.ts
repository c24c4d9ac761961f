import { constants } from 'node:os'
import type Dockerode from 'dockerode'
import type { Exit } from '../../model/instance.ts'

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
