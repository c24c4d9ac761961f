import { emptyRecipe, type FindRecipe, hasOwnCommands } from '../recipe-types.ts'
import { buildStep, sayBuild } from './static.ts'

/** The files as they are, started by the commands of naru.yaml: for what no other recipe knows. */
export const commandRecipe: FindRecipe = async (_files, spec) =>
  hasOwnCommands(spec)
    ? {
        ...emptyRecipe('command'),
        steps: buildStep(spec),
        reasons: [{ is: 'files-as-they-are', commands: true }, ...sayBuild(spec)],
      }
    : null
