import type { PlanBuild, PlanDockerfile } from '../model/build-plan.ts'
import type { Command, Spec } from '../model/spec.ts'
import { findImagePlan } from './image/image-plan.ts'
import { thisMachine } from './machine.ts'
import { findPlan } from './plan.ts'

/** Decides what a build would do, as the builds of a server on this machine, by this user, would. */
export const planBuild: PlanBuild = async (files, read, spec) => {
  const machine = thisMachine(process.env, null)
  const source = { listFiles: async () => [...files], readFile: read }
  const { recipe, foreign } = await findPlan(source, spec, machine)
  const { kind, reasons, steps, tools, site } = recipe
  return {
    kind,
    reasons,
    steps: steps.map(({ name, command, folder }) => ({
      name,
      command,
      ...(folder === undefined ? {} : { folder }),
    })),
    services: { ...recipe.services, ...ownCommands(spec) },
    jobs: { ...recipe.jobs, ...spec.jobs },
    site: site?.folders ?? [],
    foreign,
    machine: {
      node: machine.nodeVersion,
      platform: machine.platform,
      arch: machine.arch,
      tools,
    },
  }
}

export const planDockerfile: PlanDockerfile = async (files, read, spec) => {
  const source = { listFiles: async () => [...files], readFile: read }
  // Nothing of this machine is in it, so that it may be kept with the files.
  const { dockerfile, generated } = await findImagePlan(source, spec)
  return generated === null ? { own: dockerfile } : { made: generated }
}

function ownCommands({ services }: Spec): Record<string, Command> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([name, { command }]) =>
      command === undefined ? [] : [[name, command]],
    ),
  )
}
