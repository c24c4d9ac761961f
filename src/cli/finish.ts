import { errorOf } from '../base/error.ts'
import type { BuildView, DeploymentView } from '../contract/shapes.ts'
import { elsewhere, type Following, followDeployment } from './follow.ts'

export type Finish = { json: boolean; detach: boolean }

/**
 * The answer as JSON of every command that may start a build or a deployment, whichever it is: both, each null where
 * there is none.
 */
export const answerOf = (come: {
  build?: BuildView | null
  deployment?: DeploymentView | null
}): string => JSON.stringify({ build: come.build ?? null, deployment: come.deployment ?? null })

/** The same for the help of such a command. */
export const answerShape = '{ "build": BUILD | null, "deployment": DEPLOYMENT | null }'

/**
 * What a command does with a deployment that it started: follow it to its end, or leave it with `--detach`.
 * Throws the deployment's problem unless its release became stable.
 */
export async function finish(
  following: Following,
  started: DeploymentView,
  { json, detach }: Finish,
): Promise<void> {
  const { terminal, words } = following
  if (detach) {
    if (json) return terminal.out(answerOf({ deployment: started }))
    return terminal.out(words.following.begun(started.number, elsewhere(following.place)))
  }
  const { problem, deployment } = await followDeployment(following, started.number)
  if (json) terminal.out(answerOf({ deployment: deployment ?? started }))
  if (problem !== null) throw errorOf(problem)
}
