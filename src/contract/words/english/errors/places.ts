import type { LaterWish } from '../../../../base/error.ts'
import { production } from '../../../../model/environment.ts'
import { releaseName as v } from '../../../../model/release.ts'
import type { ErrorWords } from '../../said.ts'
import { placeOptions, quoted } from '../../text.ts'
import { counted, listed } from '../grammar.ts'

/** Environments, branches, scale, and deployments of what was built before. */
export const placeErrors = {
  'environment.exists': ({ app, environment }) => ({
    message: `${app} has an environment ${quoted(environment)} already, so nothing changed`,
    hint: `naru status --env ${environment} --app ${app}`,
  }),
  'environment.production': ({ app }) => ({
    message: `production cannot be removed alone, and every app has it; nothing was removed`,
    hint: `naru destroy --app ${app} removes the whole app`,
  }),
  'host.too-long': ({ host, limit }) => ({
    message: `it would be reached at ${host}, and no part of a host name may be longer than ${counted(limit, 'character')}; nothing changed`,
    hint: 'naru env create NAME, with a shorter name',
  }),
  'branch.taken': ({ app, branch, environments }) => ({
    message: `${counted(environments.length, 'environment')} of ${app} deploy the branch ${quoted(branch)}: ${listed(environments)}; so nobody knows which one is meant, and nothing changed`,
    hint: 'give each of them a branch of its own under environments in naru.yaml',
  }),
  'branch.nested': ({ app, branch, environment, other }) => ({
    message: `${environment} of ${app} deploys the branch ${quoted(other)}, and git cannot have ${quoted(branch)} beside it, since one would be a folder of the other; nothing changed`,
    hint: 'give one of them another branch: naru env create NAME --branch BRANCH, or under environments in naru.yaml',
  }),
  'build.cancelled': ({ build, by }) => ({
    message: `build ${build} was cancelled by ${by}, so there is no release of it`,
    hint: `naru builds show ${build}`,
  }),
  'build.overtaken': ({ build, wish, release, by }) => ({
    message: `build ${build} was given up, since ${by} ${did[wish]} ${v(release)} meanwhile`,
    hint: 'naru deployments shows that; the same push again builds it once more',
  }),
  'build.over': ({ app, build, status }) => ({
    message: `build ${build} of ${app} is over: it ${sayBuild(status)}`,
    hint: `naru builds show ${build} --app ${app}`,
  }),
  'build.no-artifact': ({ app, build, status }) => ({
    message: `build ${build} of ${app} ${sayBuild(status)}, so there is nothing of it to deploy`,
    hint: `naru builds --app ${app} shows those that succeeded`,
  }),
  'build.gone': ({ app, build, digest }) => ({
    message: `what build ${build} of ${app} made is no longer kept (${digest.slice(0, 19)})`,
    hint: `naru env list --app ${app} names the branch to push again; naru builds --app ${app} shows what else there is`,
  }),
  'deployment.none': ({ app, environment }) => ({
    message: `nothing was ever deployed to ${environment} of ${app}, so there is nothing to deploy again`,
    hint: `naru builds --app ${app}, then naru deploy --build N${placeOptions(app, environment)}`,
  }),
  'promotion.none': ({ app, from }) => ({
    message: `nothing is stable in ${from} of ${app}, so there is nothing to promote`,
    hint: `naru status --env ${from} --app ${app}`,
  }),
  'promotion.same': ({ app, environment, variable = false }) => ({
    message: `${environment} of ${app} cannot be promoted to itself${variable ? ', which NARU_ENVIRONMENT makes the target' : ''}; nothing changed`,
    hint: promoteElsewhere(app, environment),
  }),
  'service.unknown': ({ app, environment, service, services }) => ({
    message: `${app} (${environment}) has no service ${quoted(service)}, so nothing changed${services.length === 0 ? ': it has no release yet' : `; it has ${listed(services)}`}`,
    hint: `naru scale --env ${environment} --app ${app}`,
  }),
  'scale.zero': ({ app, environment, service }) => ({
    message: `${service} has the traffic of ${app} (${environment}), and with 0 instances every visitor is turned away; nothing changed`,
    hint: `naru scale ${service}=0 --env ${environment} --app ${app} --confirm ${app}`,
  }),
} satisfies Partial<ErrorWords>

const promoteElsewhere = (app: string, environment: string): string =>
  environment === production
    ? `naru env list --app ${app}`
    : `naru promote ${environment} --to ${production} --app ${app}`

/** How a build's status ends a sentence that begins with its number. A status that nobody knows is said as it is. */
const sayBuild = (status: string): string => buildStatuses[status] ?? status

const buildStatuses: Readonly<Record<string, string>> = {
  queued: 'is still waiting for its turn',
  running: 'is still being built',
  superseded: 'was superseded',
  cancelled: 'was cancelled',
}

const did: Record<LaterWish, string> = {
  rollback: 'went back to',
  deploy: 'deployed',
  promotion: 'promoted',
}
