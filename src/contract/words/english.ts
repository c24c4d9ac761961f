import { sayDuration } from '../../base/duration.ts'
import type { Problem, SpecMistake } from '../../base/error.ts'
import { releaseName as v } from '../../model/release.ts'
import type { Status } from '../../model/rollout.ts'
import { notInThisVersion } from '../../model/spec-keys.ts'
import { sayProblem, type Words } from './words.ts'

/** English. A message says what happened and how things stand now; a hint is the next thing to type. */
export const english: Words = {
  errors: {
    'naru.broken': ({ report }) => ({
      message: `something in Naru broke, and it is Naru's fault: ${report}`,
      hint: 'naru status shows what is serving; the stack is in server.log in the data folder',
    }),
    'usage.invalid': ({ what, expected }) => ({ message: what, hint: expected }),
    'request.invalid': ({ issues }) => ({
      message: `the request was refused, and nothing changed: ${issues.join('; ')}`,
      hint: 'naru help',
    }),
    'request.too-large': ({ limitBytes }) => ({
      message: `the request was refused, and nothing changed: its body is larger than ${limitBytes / 1024} KiB`,
      hint: 'send less at a time',
    }),
    'token.missing': () => ({
      message: 'this server answers only with a token, and none was sent',
      hint: 'run this as the user who ran naru up, or set NARU_TOKEN',
    }),
    'token.invalid': () => ({
      message: 'this server does not know the token that was sent',
      hint: 'run this as the user who ran naru up, or set NARU_TOKEN',
    }),
    'permission.denied': ({ permission }) => ({
      message: `the token that was sent lacks the permission ${quoted(permission)}`,
      hint: 'set NARU_TOKEN to a token that has it',
    }),
    'path.unknown': ({ path }) => ({
      message: `the API has no path ${quoted(path)}`,
      hint: 'naru version shows whether command line and server are of one version',
    }),

    'server.unreachable': ({ address }) => ({
      message: `no Naru server answers at ${address}`,
      hint: 'naru up',
    }),
    'server.port-taken': ({ address, flag, holder }) => ({
      message: `Naru cannot listen on ${address}, since ${holder} does already`,
      hint: `naru up ${flag} ${nextPort(address)}`,
    }),
    'server.start-failed': ({ log }) => ({
      message: `the server ended before it was ready; its last words are in ${log}`,
      hint: 'naru up --foreground',
    }),
    'data.unwritable': ({ folder, reason }) => ({
      message: `Naru cannot write to its data folder ${folder}: ${reason}`,
      hint: 'naru up --data FOLDER, with a folder that you may write to',
    }),
    'data.locked': ({ folder }) => ({
      message: `another Naru server is using ${folder}, so this one did not start`,
      hint: `naru status --data ${folder}`,
    }),
    'data.full': ({ folder }) => ({
      message: `the disk that holds ${folder} is full; what serves keeps serving`,
      hint: `df -h ${folder}`,
    }),
    'data.busy': ({ file }) => ({
      message: `another program holds ${file}, so nothing was changed`,
      hint: `close what has ${file} open (a database shell?), then try again`,
    }),
    'data.broken': ({ file, reason }) => ({
      message: `${file} is damaged, so Naru leaves it alone: ${reason}`,
      hint: 'put back one of the copies in the folder copies beside it (docs/store.md says how), then naru up',
    }),
    'data.newer': ({ file, found }) => ({
      message: `${file} was written by a newer Naru (${found}), so this one leaves it alone`,
      hint: 'start that version of Naru, or put back one of the copies in the folder copies beside it (docs/store.md says how)',
    }),
    'data.unreachable': ({ folder, user }) => ({
      message: `apps run as the user ${user}, who cannot enter ${folder}`,
      hint: 'naru up --data /var/lib/naru',
    }),
    'node.too-old': ({ found, needed }) => ({
      message: `Naru needs Node.js ${needed}, and this is ${found}`,
      hint: 'install it from https://nodejs.org',
    }),
    'git.missing': () => ({
      message: 'Naru needs git, and there is none on the PATH',
      hint: 'apt-get install git',
    }),
    'git.too-old': ({ found, needed }) => ({
      message: `Naru needs git ${needed} or newer, and this is ${found}`,
      hint: 'apt-get install git',
    }),
    'git.failed': ({ command, reason }) => ({
      message: `${command} failed: ${reason}`,
      hint: 'git status',
    }),
    'user.missing': ({ user, reason }) => ({
      message: `Naru runs apps as the user ${user}, and could not make that user: ${reason}`,
      hint: `useradd --system ${user}`,
    }),

    'app.unknown': ({ app }) => ({
      message: `there is no app ${quoted(app)} on this server`,
      hint: 'naru apps shows those there are; naru init makes one of the repository you stand in',
    }),
    'app.exists': ({ app }) => ({
      message: `the app ${quoted(app)} exists already`,
      hint: `naru status --app ${app}`,
    }),
    'app.unnamed': () => ({
      message: 'nothing here says which app is meant: no --app, and no repository that knows Naru',
      hint: 'naru init in your repository, or add --app NAME',
    }),
    'name.invalid': ({ what, name }) => ({
      message: `${quoted(name)} cannot be the name of ${article(what)}`,
      hint:
        what === 'setting' || what === 'secret'
          ? 'use letters, digits and _, not starting with a digit'
          : 'use 1 to 40 lower-case letters, digits and dashes, starting with a letter and not ending with a dash',
    }),
    'environment.unknown': ({ app, environment }) => ({
      message: `${app} has no environment ${quoted(environment)}`,
      hint: `naru status --app ${app}`,
    }),
    'confirm.mismatch': ({ expected, found }) => ({
      message: `the app is called ${quoted(expected)}, but ${quoted(found)} was given to confirm, so nothing was removed`,
      hint: `naru destroy --app ${expected} --confirm ${expected}`,
    }),
    'setting.unknown': ({ app, name }) => ({
      message: `${app} has no setting ${quoted(name)}, so nothing changed`,
      hint: `naru settings list --app ${app}`,
    }),
    'secret.unknown': ({ app, name }) => ({
      message: `${app} has no secret ${quoted(name)}, so nothing changed`,
      hint: `naru secret list --app ${app}`,
    }),
    'secret.missing': ({ app, names }) => ({
      message: `${app} needs ${names.length === 1 ? 'a secret that has' : 'secrets that have'} no value yet: ${names.join(', ')}`,
      hint: `naru secret set ${names[0] ?? 'NAME'} --app ${app}`,
    }),
    'secret.unreadable': ({ app, name }) => ({
      message: `the secret ${quoted(name)} of ${app} cannot be read with this server's key`,
      hint: `naru secret set ${name} --app ${app}`,
    }),
    'value.invalid': ({ what, name, reason }) => ({
      message: `the value given for ${what} ${quoted(name)} cannot be used: ${reason}`,
      hint: 'naru help',
    }),

    'spec.invalid': ({ file, mistakes }) => ({
      message: mistakes.map((mistake) => sayMistake(file, mistake)).join('\n'),
      hint: `correct ${file}, commit, and git push naru main`,
    }),
    'host.taken': ({ host, app, environment }) => ({
      message: `the host ${host} belongs to ${app} (${environment}), so this was not built`,
      hint: 'name another host under routes in naru.yaml',
    }),

    'push.branch': ({ branch, deploys }) => ({
      message: `only ${deploys} is deployed, and this push is to ${quoted(branch)}; nothing changed`,
      hint: `git push naru HEAD:${deploys}`,
    }),
    'push.tag': ({ tag }) => ({
      message: `a tag is not deployed, and this push is of the tag ${quoted(tag)}; nothing changed`,
      hint: 'git push naru HEAD:main',
    }),
    'push.deletion': ({ ref }) => ({
      message: `${shortRef(ref)} cannot be deleted here, and what serves keeps serving`,
      hint: 'naru destroy removes the whole app',
    }),
    'push.not-a-branch': ({ ref }) => ({
      message: `only the branch main is deployed, and this push is to ${quoted(ref)}; nothing changed`,
      hint: 'git push naru HEAD:main',
    }),
    'push.several': () => ({
      message: 'one push deploys one branch, and this one carries several refs; nothing changed',
      hint: 'git push naru main',
    }),
    'commit.unknown': ({ app, commit }) => ({
      message: `the repository of ${app} has no commit ${quoted(commit.slice(0, 12))}`,
      hint: 'git push naru main',
    }),
    'repository.none': ({ folder }) => ({
      message: `${folder} is not inside a git repository`,
      hint: 'git init',
    }),

    'build.unknown': ({ app, build }) => ({
      message: `${app} has no build ${build}`,
      hint: `naru builds --app ${app}`,
    }),
    'build.no-start': ({ found }) => ({
      message: `nothing says how to start web: found ${found}`,
      hint: 'add "start" to the scripts in package.json, or services.web.command to naru.yaml',
    }),
    'build.no-lockfile': () => ({
      message: 'package.json names dependencies, but no package-lock.json says which versions',
      hint: 'npm install, then commit package-lock.json',
    }),
    'build.unrecognised': ({ files }) => ({
      message: `the build does not know what to make of this repository: found ${listed(files) || 'no files'}`,
      hint: 'add a package.json, an index.html, or services.web.command in naru.yaml',
    }),
    'build.step-failed': ({ build, step, exitCode, signal }) => ({
      message: `${quoted(step)} failed in build ${build} with ${signal ?? `exit code ${exitCode ?? 'unknown'}`}, so there is no release of it`,
      hint: `naru builds show ${build}`,
    }),
    'build.interrupted': ({ build }) => ({
      message: `build ${build} was interrupted, so there is no release of it`,
      hint: 'git push naru main',
    }),
    'build.superseded': ({ build, by }) => ({
      message: `build ${build} was superseded by build ${by}`,
      hint: `naru builds show ${by}`,
    }),
    'build.disk-full': ({ build }) => ({
      message: `the disk was full during build ${build}, so there is no release of it`,
      hint: 'df -h, make room, then git push naru main',
    }),

    'release.unknown': ({ app, release }) => ({
      message: `${app} has no release ${v(release)}`,
      hint: `naru releases --app ${app}`,
    }),
    'release.never-stable': ({ app, release }) => ({
      message: `${v(release)} of ${app} was never stable, so it is nothing to go back to`,
      hint: `naru releases --app ${app}`,
    }),
    'release.serving': ({ app, release }) => ({
      message: `${v(release)} of ${app} is serving already`,
      hint: `naru status --app ${app}`,
    }),
    'release.none': ({ app, environment }) => ({
      message: `${app} has no release in ${environment} to go back to`,
      hint: `naru releases --app ${app}`,
    }),
    'artifact.missing': ({ app, release, digest }) => ({
      message: `what was built for ${v(release)} of ${app} is gone (${digest.slice(0, 19)})`,
      hint: `git push naru main builds it again; naru releases --app ${app} shows the others`,
    }),
    'deployment.unknown': ({ app, deployment }) => ({
      message: `${app} has no deployment ${deployment}`,
      hint: `naru deployments --app ${app}`,
    }),
    'deployment.over': ({ app, deployment, status }) => ({
      message: `deployment ${deployment} of ${app} is over: it ${sayStatus(status)}`,
      hint: `naru deployments show ${deployment} --app ${app}`,
    }),

    'rollout.unhealthy': ({ release, service, seconds, reason, given, listening }) => {
      const message = `${service} of ${v(release)} did not become healthy within ${whole(seconds)}, so no traffic moved to ${v(release)}`
      if (given !== null && listening.length > 0 && !listening.includes(given)) {
        const ports = `${listening.length === 1 ? 'port' : 'ports'} ${listed(listening.map(String))}`
        return {
          message: `${message}: it listens on ${ports}, but was given PORT ${given}`,
          hint: 'listen on process.env.PORT',
        }
      }
      return { message: `${message}: ${reason}`, hint: `naru logs --release ${v(release)}` }
    },
    'rollout.crashed': ({ release, service, restarts, exit }) => ({
      message: `${service} of ${v(release)} keeps ending: ${exit}, after ${counted(restarts, 'restart')}`,
      hint: `naru logs --release ${v(release)}`,
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

    'engine.cannot': ({ engine, what }) => ({
      message: `the ${engine} engine cannot do this: ${what}`,
      hint: 'take it out of naru.yaml',
    }),
    'engine.no-port': ({ from, to }) => ({
      message: `every port from ${from} to ${to} is taken, so nothing more can be started here`,
      hint: 'naru ps shows what runs; naru destroy removes an app',
    }),
    'engine.start-failed': ({ instance, reason }) => ({
      message: `${instance} could not be started: ${reason}`,
      hint: 'naru ps',
    }),
    'router.down': ({ reason }) => ({
      message: `the router does not answer, so no traffic was moved: ${reason}`,
      hint: 'naru status',
    }),
    'table.invalid': ({ issues }) => ({
      message: `the route table was refused, and the one before it stays: ${issues.join('; ')}`,
      hint: 'naru status',
    }),
  },

  story: {
    'app.created': ({ by }, app) => `${app} was made by ${by}`,
    'app.destroyed': ({ by }, app) => `${app} was removed by ${by}`,
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
    'release.created': ({ release, build, reason: why }) =>
      why === 'push'
        ? `release ${v(release)} created from build ${build}`
        : `release ${v(release)} created from build ${build} with changed ${why}`,
    'deployment.queued': ({ deployment, release, kind }) =>
      kind === 'rollback'
        ? `deployment ${deployment}: back to ${v(release)}`
        : `deployment ${deployment}: ${v(release)}`,
    'deployment.moved': ({ release, to, serving, problem, settleSeconds }) => {
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
          return problem ? `giving ${v(release)} up: ${reason(problem)}` : `giving ${v(release)} up`
        case 'restoring':
          return `bringing back what served before ${v(release)}`
        case 'blocked':
          return `blocked: there is nothing to go back to${sayServing(serving)}`
        default:
          return null
      }
    },
    'deployment.starting': ({ release, services }) =>
      `starting ${listed(services)} of ${v(release)}`,
    'deployment.healthy': ({ services }) =>
      `${listed(services)} ${services.length === 1 ? 'is' : 'are'} healthy`,
    'deployment.live': ({ release, seconds, urls }) =>
      urls[0] === undefined
        ? `${v(release)} is live in ${sayDuration(seconds)}`
        : `live at ${listed(urls)} in ${sayDuration(seconds)}`,
    'deployment.ended': ({ release, status, serving }) =>
      status === 'succeeded'
        ? `${v(release)} is stable`
        : `${v(release)} ${sayStatus(status)}${sayServing(serving)}`,
    'stable.moved': ({ from, to }, app) =>
      from === null
        ? `${app} points to ${v(to)}`
        : `${app} points to ${v(to)}, before to ${v(from)}`,
    'warm.ended': ({ release }) => `${v(release)} is no longer warm`,
    'instance.ended': ({ instance, service, release, exit, restarts }) =>
      `${service} of ${v(release)} ended by itself (${instance}): ${exit}${restarts > 0 ? `, after ${counted(restarts, 'restart')}` : ''}`,
    'router.restarted': () => 'the router was started again',
    'route.refused': ({ host, reason: why }) =>
      `the route of ${host} was refused, and the one before it stays: ${why}`,
  },
}

/** How a deployment's status ends a sentence that begins with its release, "v3 …". */
export function sayStatus(status: string): string {
  return statuses[status as Status] ?? status
}

/** "v2 is still serving", "nothing is serving". */
export const sayWhatServes = (serving: number | null, how?: 'still' | 'again'): string =>
  serving === null
    ? 'nothing is serving'
    : `${v(serving)} is ${how === 'still' ? 'still ' : ''}serving${how === 'again' ? ' again' : ''}`

const statuses: Record<Status, string> = {
  queued: 'is waiting for its turn',
  preparing: 'is being made ready',
  starting: 'is starting',
  shifting: 'is getting the traffic',
  paused: 'is paused',
  baking: 'is live and being watched',
  promoting: 'is becoming stable',
  aborting: 'is being taken back',
  restoring: 'is being taken back; what served before is starting again',
  blocked: 'is blocked: there is nothing to go back to',
  succeeded: 'became stable',
  rolled_back: 'went live and was rolled back',
  failed: 'failed',
  superseded: 'was superseded',
  cancelled: 'was aborted',
}

const reason = (problem: Problem): string =>
  sayProblem(english, problem).message.replaceAll('\n', '; ')

const sayServing = (serving: number | null): string => `; ${sayWhatServes(serving)}`

function sayMistake(
  file: string,
  { line, column, path, found, expected, nearest }: SpecMistake,
): string {
  const where = `${file}:${line}:${column}${path === '' ? '' : ` ${path}`}`
  if (expected === notInThisVersion) return `${where}: ${found} is not in this version`
  const meant = nearest === undefined ? '' : `; did you mean ${quoted(nearest)}?`
  return `${where}: found ${found}, expected ${expected}${meant}`
}

/** User text inside a sentence: always in quotes, on one line, and never longer than a line. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}

function listed(names: readonly string[]): string {
  const shown = names.length > 8 ? [...names.slice(0, 7), `${names.length - 7} more`] : names
  if (shown.length < 2) return shown.join('')
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`

const shortRef = (ref: string): string => quoted(ref.replace(/^refs\/(heads|tags)\//, ''))

/** A number of seconds that somebody wrote down, "30 s"; a measured one is `sayDuration`. */
const whole = (seconds: number): string =>
  Number.isInteger(seconds) ? `${seconds} s` : sayDuration(seconds)

function nextPort(address: string): string {
  const at = address.lastIndexOf(':')
  const port = Number(address.slice(at + 1))
  return `${address.slice(0, at)}:${port >= 1 && port < 65_535 ? port + 1 : 18_080}`
}
