import { sayDuration } from '../../../../base/duration.ts'
import { releaseName as v } from '../../../../model/release.ts'
import type { ErrorWords } from '../../said.ts'
import { counted, whole } from '../grammar.ts'
import { whyUnhealthy } from '../unhealthy.ts'

export const rolloutErrors = {
  'rollout.unhealthy': ({ release, service, seconds, reason, given, listening, exposed }) => {
    const unmoved = exposed ? '' : `, so no traffic moved to ${v(release)}`
    const message = `${service} of ${v(release)} did not become healthy within ${whole(seconds)}${unmoved}`
    const { why, hint } = whyUnhealthy({ reason, given, listening })
    return { message: `${message}: ${why}`, hint: hint ?? `naru logs --release ${v(release)}` }
  },
  'rollout.crashed': ({ release, service, restarts, exit }) => ({
    message: `${service} of ${v(release)} keeps ending: ${exit}, after ${counted(restarts, 'restart')}`,
    hint: hintOfExit[exit]?.(service) ?? `naru logs --release ${v(release)}`,
  }),
  'rollout.died': ({ release, service, afterSeconds, exit }) => ({
    message: `${service} of ${v(release)} was healthy, then ended ${sayDuration(afterSeconds)} after traffic moved to it: ${exit}`,
    hint: `naru logs --release ${v(release)}`,
  }),
  'rollout.unprepared': ({ release, reason }) => ({
    message: `${v(release)} could not be made ready to start: ${reason}`,
    hint: 'naru status',
  }),
  'rollout.aborted': ({ release, by }) => ({
    message: `the deployment of ${v(release)} was aborted by ${by}`,
    hint: 'naru status',
  }),
  'rollout.superseded': ({ release, by }) => ({
    message: `the deployment of ${v(release)} was superseded by ${by}`,
    hint: 'naru deployments',
  }),
  'rollout.faltered': ({ release, service, reason }) => ({
    message: `${service} of ${v(release)} stopped being healthy after traffic moved to it: ${reason}`,
    hint: `naru logs --release ${v(release)}`,
  }),

  'engine.no-port': ({ from, to }) => ({
    message: `every port from ${from} to ${to} is taken, so nothing more can be started here`,
    hint: 'naru ps shows what runs; naru destroy removes an app',
  }),
  'engine.start-failed': ({ instance, reason }) => ({
    message: `${instance} could not be started: ${reason}`,
    hint: 'naru ps',
  }),
  'engine.unavailable': ({ engine, reason }) => ({
    message: `the ${engine} engine does not answer: ${reason}; what runs there goes on`,
    hint: 'naru doctor',
  }),
  'engine.cannot': ({ engine, what }) => ({
    message: `${what} is not possible on the ${engine} engine`,
    hint: 'naru up --engine docker',
  }),
  'router.down': ({ reason }) => ({
    message: `the router does not answer, so no traffic was moved: ${reason}`,
    hint: 'naru doctor; what the router said last is in router/router.log in the data folder',
  }),
  'table.invalid': ({ issues }) => ({
    message: `the route table was refused, and the one before it stays: ${issues.join('; ')}`,
    hint: 'naru status',
  }),
} satisfies Partial<ErrorWords>

/** What to do about an end that says what is wrong: a program that was done, and one that the shell did not find. */
const hintOfExit: Readonly<Record<string, (service: string) => string>> = {
  'exit code 0': () =>
    'a service runs until it is told to end; what ends by itself belongs under jobs in naru.yaml',
  'exit code 127': (service) =>
    `its command was not found: dev dependencies are not in a release; services.${service}.command in naru.yaml names another`,
}
