import { errorOf } from '../base/error.ts'
import type { DeploymentView } from '../contract/shapes.ts'
import { elsewhere, type Following, followDeployment } from './follow.ts'

export type Finish = {
  json: boolean
  detach: boolean
  answer?: (deployment: DeploymentView) => unknown
}

/**
 * What a command does with a deployment that it started: follow it to its end, or leave it with `--detach`.
 * Throws the deployment's problem unless its release became stable.
 */
export async function finish(
  following: Following,
  started: DeploymentView,
  { json, detach, answer = (deployment) => deployment }: Finish,
): Promise<void> {
  const { terminal, words } = following
  if (detach) {
    if (json) return terminal.out(JSON.stringify(answer(started)))
    return terminal.out(words.following.begun(started.number, elsewhere(following.place)))
  }
  const { problem, deployment } = await followDeployment(following, started.number)
  if (json) terminal.out(JSON.stringify(answer(deployment ?? started)))
  if (problem !== null) throw errorOf(problem)
}
