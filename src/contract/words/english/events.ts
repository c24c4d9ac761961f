import { sayDuration } from '../../../base/duration.ts'
import type { Problem } from '../../../base/error.ts'
import { sayExit } from '../../../model/instance.ts'
import { releaseName as v } from '../../../model/release.ts'
import { type StoryWords, sayProblemIn } from '../said.ts'
import { errors } from './errors.ts'
import { counted, listed, whole } from './grammar.ts'
import { sayStatus, sayWhatServes } from './states.ts'
import { whyUnhealthy } from './unhealthy.ts'

/** A line for each event of the one log; null for what is not worth a line. */
export const story: StoryWords = {
  'app.created': ({ by }, app) => `${app} was made by ${by}`,
  'app.destroyed': ({ by }, app) => `${app} was removed by ${by}`,
  'environment.created': ({ by, branch, from }, app) =>
    `${by} made an environment of ${app}${branch === null ? '' : ` for the branch ${branch}`}${from === null ? '' : `, with the settings of ${from}`}`,
  'environment.destroyed': ({ by }, app) => `${by} removed an environment of ${app}`,
  'scale.changed': ({ services, by }) =>
    `${by} scaled ${listed(Object.entries(services).map(([name, count]) => (count === null ? `${name} to what naru.yaml says` : `${name} to ${count}`)))}`,
  'engine.chosen': ({ engine, by }, app) =>
    app === null
      ? `${by} chose ${engine} as what this server builds for`
      : `${by} chose ${engine ?? 'what the server builds for'} for ${app}`,
  'registry.logged-in': ({ host, user, by }) => `${by} logged in at ${host} as ${user}`,
  'registry.logged-out': ({ host, by }) => `${by} logged out at ${host}`,
  'token.created': ({ name, kind, by }) => `${by} made the token ${name} (${kind})`,
  'token.revoked': ({ name, by }) => `${by} revoked the token ${name}`,
  'key.rotated': ({ secrets, by }) =>
    `${by} gave ${counted(secrets, 'version')} of secrets a new key`,
  'settings.changed': ({ names, by }) =>
    `${by} changed ${counted(names.length, 'setting')}: ${listed(names)}`,
  'secrets.changed': ({ names, by }) =>
    `${by} changed ${counted(names.length, 'secret')}: ${listed(names)}`,
  'build.queued': ({ build, commit, title }) =>
    `build ${build} of ${commit.slice(0, 7)} is queued: ${title}`,
  'build.started': ({ build }) => `build ${build} started`,
  'build.succeeded': ({ build, seconds, reused }) =>
    reused
      ? `build ${build} is what was built before`
      : `build ${build} succeeded in ${sayDuration(seconds)}`,
  'build.failed': ({ build, problem }) => `build ${build} failed: ${reason(problem)}`,
  'build.superseded': ({ build, by }) => `build ${build} was superseded by build ${by}`,
  'build.cancelled': ({ build, by }) => `build ${build} was cancelled by ${by}`,
  'build.overtaken': (facts) => reason({ code: 'build.overtaken', facts }),
  'release.created': ({ release, build, reason: why }) =>
    why === 'settings' || why === 'secrets'
      ? `release ${v(release)} created from build ${build} with changed ${why}`
      : `release ${v(release)} created from build ${build}`,
  'deployment.queued': ({ deployment, release, kind }) =>
    kind === 'rollback'
      ? `deployment ${deployment}: back to ${v(release)}`
      : `deployment ${deployment}: ${v(release)}`,
  'deployment.moved': ({ release, from, to, serving, problem, settleSeconds }) => {
    switch (to) {
      case 'shifting':
        return `moving traffic to ${v(release)}`
      case 'paused':
        return `${v(release)} is paused`
      case 'baking':
        return settleSeconds > 0
          ? `watching ${v(release)} under traffic for ${whole(settleSeconds)}`
          : null
      case 'aborting':
        if (from === 'restoring') return null // Said when it began.
        return problem ? `giving ${v(release)} up: ${reason(problem)}` : `giving ${v(release)} up`
      case 'restoring':
        return `bringing back what served before ${v(release)}`
      case 'blocked':
        return `blocked: there is nothing to go back to${sayServing(serving)}`
      default:
        return null
    }
  },
  'deployment.starting': ({ release, services }) => `starting ${listed(services)} of ${v(release)}`,
  'deployment.slow': ({ service, withinSeconds, ...seen }) =>
    `${service} is not healthy yet: ${whyUnhealthy(seen).why}; it has ${whole(withinSeconds)} from its start`,
  'deployment.healthy': ({ services }) =>
    `${listed(services)} ${services.length === 1 ? 'is' : 'are'} healthy`,
  'deployment.strategy': ({ release, from, strategy }) =>
    strategy === 'rolling'
      ? `rolling: ${v(release)} replaces ${v(from)} one instance at a time; both answer meanwhile, going back takes as long, and ${v(from)} is not kept warm`
      : `recreate: ${v(from)} ends before ${v(release)} starts; nothing answers meanwhile, and ${v(from)} is not kept warm`,
  'deployment.rolled': ({ release, service, instances, replicas }) =>
    `${instances} of ${counted(replicas, 'instance')} of ${service} ${instances === 1 ? 'is' : 'are'} ${v(release)}`,
  'deployment.silent': ({ from }) => `ending ${v(from)}: nothing answers from now on`,
  'deployment.answering': ({ serving, silentSeconds }) =>
    serving === null
      ? `nothing answered for ${sayDuration(silentSeconds)}`
      : `${v(serving)} answers; nothing did for ${sayDuration(silentSeconds)}`,
  'deployment.live': ({ release, seconds, urls }) =>
    urls[0] === undefined
      ? `${v(release)} is live in ${sayDuration(seconds)}`
      : `live at ${listed(urls)} in ${sayDuration(seconds)}`,
  'deployment.ended': ({ release, status, serving }) =>
    status === 'succeeded'
      ? `${v(release)} is stable`
      : `${v(release)} ${sayStatus(status)}${sayServing(serving)}`,
  'job.started': ({ release, job, run }) => `job ${job} of ${v(release)} began: run ${run}`,
  'job.ended': ({ job, run, status, exitCode, signal, seconds }) => {
    const took = sayDuration(seconds)
    switch (status) {
      case 'succeeded':
        return `job ${job} ran in ${took}`
      case 'timed_out':
        return `job ${job} was ended after ${took}: its time was over (run ${run})`
      case 'cancelled':
        return `job ${job} was cancelled after ${took} (run ${run})`
      default:
        return `job ${job} failed after ${took} with ${sayExit({ code: exitCode, signal })} (run ${run})`
    }
  },
  'stable.moved': ({ from, to }, app) =>
    from === null ? `${app} points to ${v(to)}` : `${app} points to ${v(to)}, before to ${v(from)}`,
  'warm.ended': ({ release }) => `${v(release)} is no longer warm`,
  'instance.ended': ({ instance, service, release, exit, restarts }) =>
    `${service} of ${v(release)} ended by itself (${instance}): ${exit}${restarts > 0 ? `, after ${counted(restarts, 'restart')}` : ''}`,
  'router.restarted': () => 'the router was started again',
  'route.refused': ({ host, reason: why }) =>
    `the route of ${host} was refused, and the one before it stays: ${why}`,
}

const reason = (problem: Problem): string =>
  sayProblemIn(errors, problem).message.replaceAll('\n', '; ')

const sayServing = (serving: number | null): string => `; ${sayWhatServes(serving)}`
