import { sayDuration } from '../../../base/duration.ts'
import { sayBytes } from '../../../base/size.ts'
import { releaseName as v } from '../../../model/release.ts'
import { environmentOption } from '../text.ts'
import { counted, listed } from './grammar.ts'

type DiskFilling = { folder: string; usedPercent: number; freeBytes: number }

/** What somebody reads who watches a build and its deployment, beside the lines of the story. */
export const following = {
  /** `environment` null: production. */
  build: (number: number, commit: string, title: string, environment: string | null) =>
    `build ${number} of ${commit}${environment === null ? '' : ` for ${environment}`}: ${title}`,
  envFile: (file: string, names: readonly string[], environment: string | null) =>
    `warning: ${file} is in this commit, and looks like it holds secrets: ${listed(names)}; naru settings import ${file}${environmentOption(environment)} keeps them in Naru, git rm --cached ${file} takes it out`,
  diskFilling: ({ folder, usedPercent, freeBytes }: DiskFilling) =>
    `warning: the disk that holds ${folder} is ${usedPercent} % full, with ${sayBytes(freeBytes)} left; from 95 % on nothing is built`,
  /** Of a build that is not deployed by itself; `environment` null: production. */
  ready: (build: number, environment: string | null) =>
    `build ${build} is ready; naru deploy --build ${build}${environmentOption(environment)} makes it live`,
  /** `ahead`: how many wait before it, besides those that run. */
  waitingForBuilds: (ahead: number) =>
    `waiting for its turn: ${ahead === 0 ? 'other builds come first' : `${counted(ahead, 'build')} that ${ahead === 1 ? 'waits' : 'wait'} and those that run come first`}`,
  waitingForDeployment: 'waiting for its turn: another deployment of the app is under way',
  buildSucceeded: (number: number, seconds: number | null, release: number) =>
    `build ${number} succeeded${seconds === null ? '' : ` in ${sayDuration(seconds)}`}: release ${v(release)}`,
  /** A line of the story with how long its step took. */
  after: (line: string, seconds: number) => `${line} after ${sayDuration(seconds)}`,
  stableIn: (seconds: number) => `stable in ${seconds} s`,
  stable: (release: number, warm: { release: number; secondsLeft: number } | null) =>
    `${v(release)} is stable${warm === null ? '' : `; ${v(warm.release)} stays warm for ${sayDuration(warm.secondsLeft)}`}`,
  lastLines: (count: number, service: string | undefined, release: number) =>
    `the last ${count === 1 ? 'line' : `${count} lines`} of ${whose(service, release)}:`,
  wroteNothing: (service: string | undefined, release: number) =>
    `${whose(service, release)} wrote nothing`,
  buildGoesOn: (build: number) => `the build goes on: naru builds show ${build} --follow`,
  goesOn: (deployment: number, environment: string | null) =>
    `the deployment goes on: naru deployments show ${deployment}${environmentOption(environment)}`,
  begun: (deployment: number, environment: string | null) =>
    `deployment ${deployment} has begun: naru deployments show ${deployment}${environmentOption(environment)}`,
  /** Of settings or secrets that were changed without a deployment; `environment` null: production. */
  kept: (names: string, app: string, environment: string | null, isFirst: boolean) =>
    `${names}: kept; ${isFirst ? `the first release of ${app}${environment === null ? '' : ` in ${environment}`}` : 'the next release'} will have it`,
  /** Of the same when a deployment comes of it. */
  releasedWith: (names: string) => `${names}: kept; what is stable is released again with it`,
  nothingCame: (build: number, status: string) =>
    `build ${build} is ${status}, but nothing came of it`,
  endedSilently: (deployment: number, status: string) =>
    `deployment ${deployment} ended as ${status} and does not say why`,
}

const whose = (service: string | undefined, release: number): string =>
  `${service === undefined ? '' : `${service} of `}${v(release)}`
