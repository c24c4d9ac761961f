import { releaseName as v } from '../../../../model/release.ts'
import type { ErrorWords } from '../../said.ts'
import { placeOptions } from '../../text.ts'
import { sayStatus } from '../states.ts'

export const releaseErrors = {
  'release.unknown': ({ app, environment, release }) => ({
    message: `${app} has no release ${v(release)}`,
    hint: `naru releases${placeOptions(app, environment)}`,
  }),
  'release.never-stable': ({ app, environment, release }) => ({
    message: `${v(release)} of ${app} was never stable, so it is nothing to go back to`,
    hint: `naru releases${placeOptions(app, environment)}`,
  }),
  'release.serving': ({ app, environment, release }) => ({
    message: `${v(release)} of ${app} is serving already`,
    hint: `naru status${placeOptions(app, environment)}`,
  }),
  'release.none': ({ app, environment }) => ({
    message: `${app} has no release in ${environment} to go back to`,
    hint: `naru releases${placeOptions(app, environment)}`,
  }),
  'artifact.missing': ({ app, environment, release, digest }) => ({
    message: `what was built for ${v(release)} of ${app} is gone (${digest.slice(0, 19)})`,
    hint: `naru releases${placeOptions(app, environment)} shows the others; naru env list --app ${app} names the branch to push again`,
  }),
  'deployment.unknown': ({ app, environment, deployment }) => ({
    message: `${app} has no deployment ${deployment}`,
    hint: `naru deployments${placeOptions(app, environment)}`,
  }),
  'deployment.over': ({ app, environment, deployment, status }) => ({
    message: `deployment ${deployment} of ${app} is over: it ${sayStatus(status)}`,
    hint: `naru deployments show ${deployment}${placeOptions(app, environment)}`,
  }),
} satisfies Partial<ErrorWords>
