import { sayDuration } from '../../../../base/duration.ts'
import { registryOf } from '../../../../model/registry.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted } from '../../text.ts'
import { listed } from '../grammar.ts'

/** Why the files of a commit cannot be built as they are. */
export const recipeErrors = {
  'build.procfile': ({ line, found, expected }) => ({
    message: `line ${line} of Procfile cannot be understood: found ${quoted(found)}, expected ${expected}`,
    hint: `mend line ${line} of Procfile, as in web: npm start, then push again`,
  }),
  'build.engine': ({ wanted, found }) => ({
    message: `package.json asks for Node.js ${wanted} and .npmrc is strict about it, but this machine has ${found}`,
    hint: 'widen engines.node in package.json, or install that Node.js and start Naru with it',
  }),
  'build.no-folder': ({ folder, folders }) => ({
    message: `build.folder in naru.yaml is ${quoted(folder)}, but the commit has no file in it: found ${listed(folders) || 'no folders'}`,
    hint: 'name a folder of the repository in build.folder, then git push again',
  }),
  'build.no-output': ({ build, folders }) => ({
    message: `build ${build} made no page to serve: no index.html in ${listed(folders.map((folder) => `${folder}/`))}`,
    hint: 'name the folder with build.output in naru.yaml, or say how to start the app with services.web.command',
  }),
  'build.submodules': ({ paths }) => ({
    message: `the commit has git submodules (${listed(paths)}), and their files were not pushed with it`,
    hint: 'naru deploy sends the folder as it is, submodules included; or commit their files (git subtree)',
  }),
  'build.lfs': ({ paths }) => ({
    message: `Git LFS keeps ${listed(paths)} elsewhere: the commit has only pointers to the files`,
    hint: 'naru deploy sends the folder with the files themselves; or git lfs migrate export --include="*"',
  }),
  'build.no-dockerfile': ({ path }) => ({
    message: `build.dockerfile in naru.yaml names ${path}, and the commit has no such file`,
    hint: 'correct build.dockerfile in naru.yaml, or leave it out, and push again',
  }),
  'build.image-unfetched': ({ image, why, reason }) => ({
    message:
      why === 'unknown'
        ? `there is no image ${image}: ${reason}`
        : why === 'refused'
          ? `the registry does not give ${image} to Naru: ${reason}`
          : `${image} could not be fetched: ${reason}`,
    hint:
      why === 'refused'
        ? `naru registry login ${registryOf(image)} --user NAME`
        : why === 'unreachable'
          ? `try again once this works: docker pull ${image}`
          : `look at the name and the tag under image in naru.yaml: docker pull ${image}`,
  }),
  'build.dockerfile-failed': ({ build, line, reason }) => ({
    message: `the Docker Engine could not build the image of build ${build}${line === null ? '' : `, line ${line} of the Dockerfile`}: ${reason}`,
    hint: `naru builds show ${build}`,
  }),
  'build.timed-out': ({ build, step, limitSeconds }) => ({
    message: `${quoted(step)} was ended by the time limit of build ${build}, ${sayDuration(limitSeconds)} for all steps, so there is no release of it`,
    hint: `naru builds show ${build}, or a longer build.timeout in naru.yaml`,
  }),
} satisfies Partial<ErrorWords>
