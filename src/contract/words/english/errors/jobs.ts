import { sayExit } from '../../../../model/instance.ts'
import { releaseName as v } from '../../../../model/release.ts'
import type { ErrorWords } from '../../said.ts'
import { environmentOption, placeOptions, quoted } from '../../text.ts'
import { listed, whole } from '../grammar.ts'

export const jobErrors = {
  'job.unknown': ({ app, environment, release, job, jobs }) => ({
    message: `${v(release)} of ${app} has no job ${quoted(job)}${jobs.length > 0 ? `; it has ${listed(jobs)}` : ', nor any other'}`,
    hint:
      jobs[0] === undefined
        ? `naru run${placeOptions(app, environment)} -- COMMAND runs any command in ${v(release)}`
        : `naru jobs run ${jobs[0]}${placeOptions(app, environment)}`,
  }),
  'job.failed': ({ environment, release, job, run, exitCode, signal }) => ({
    message:
      exitCode === null && signal === null
        ? `the job ${job} of ${v(release)} was interrupted, and nobody saw how it ended (run ${run})`
        : `the job ${job} of ${v(release)} failed with ${sayExit({ code: exitCode, signal })} (run ${run})`,
    hint: `naru jobs show ${run}${environmentOption(environment)}`,
  }),
  'job.timed-out': ({ environment, release, job, run, seconds }) => ({
    message: `the job ${job} of ${v(release)} was ended, since ${seconds === null ? 'its time was over' : `it took longer than ${whole(seconds)}`} (run ${run})`,
    hint: `naru jobs show ${run}${environmentOption(environment)}, or a longer timeout under jobs.${job} in naru.yaml`,
  }),
  'job.cancelled': ({ environment, release, job, run }) => ({
    message: `the job ${job} of ${v(release)} was cancelled (run ${run})`,
    hint: `naru jobs show ${run}${environmentOption(environment)}`,
  }),
  'run.unknown': ({ app, environment, run }) => ({
    message: `${app} has no run ${run} of a job`,
    hint: `naru jobs${placeOptions(app, environment)}`,
  }),
  'run.over': ({ app, environment, run, status }) => ({
    message: `run ${run} of ${app} is over: it ${status.replace('_', ' ')}`,
    hint: `naru jobs show ${run}${placeOptions(app, environment)}`,
  }),
  'run.no-release': ({ app, environment }) => ({
    message: `nothing of ${app} serves in ${environment}, so there is no release to run it in`,
    hint: `naru status${placeOptions(app, environment)}`,
  }),
  'run.no-terminal': ({ reason }) => ({
    message: `the server cannot open a terminal: ${reason}; nothing was run`,
    hint: 'naru run --no-terminal -- COMMAND',
  }),
  'instance.unknown': ({ app, environment, service, instance, services }) => ({
    message: `${app} (${environment}) has no ${instance === null ? `instance of ${quoted(service)} that runs` : `instance ${quoted(instance)} of ${service} that serves`}${services.length > 0 ? `; there is ${listed(services)}` : ''}`,
    hint: `naru ps${placeOptions(app, environment)}`,
  }),
  'instance.gone': ({ app, environment, instance }) => ({
    message: `the instance ${instance} is not running, so nothing was run in it`,
    hint: `naru ps${placeOptions(app, environment)}`,
  }),
  'copy.failed': ({ app, environment, service, path, reason }) => ({
    message: `${path} of ${service} was not copied: ${reason}`,
    hint: `naru exec${placeOptions(app, environment)} ${service} -- ls -ld ${path}`,
  }),
  'run.broken-off': ({ address }) => ({
    message: `the connection to ${address} broke, so how the command ended is not known; the server ends what is left of it`,
    hint: 'naru status',
  }),
} satisfies Partial<ErrorWords>
