import { sayDuration } from '../../../../base/duration.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted } from '../../text.ts'
import { listed } from '../grammar.ts'
import { addStart } from './languages.ts'

export const buildErrors = {
  'build.unknown': ({ app, build }) => ({
    message: `${app} has no build ${build}`,
    hint: `naru builds --app ${app}`,
  }),
  'build.no-start': ({ found, language }) => ({
    message: `nothing says how to start web: found ${found}`,
    hint:
      found === 'a package.json that is not valid JSON'
        ? `mend package.json: node -p "require('./package.json')" says where it breaks off`
        : language === undefined
          ? 'add "start" to the scripts in package.json, or services.web.command to naru.yaml'
          : addStart[language],
  }),
  'build.no-lockfile': ({ manager = 'npm', lockfile = 'package-lock.json' }) => ({
    message: `package.json names dependencies, but no ${lockfile} says which versions`,
    hint: `${manager} install, then commit ${lockfile}`,
  }),
  'build.unrecognised': ({ files }) => ({
    message: `the build does not know what to make of this repository: found ${listed(files) || 'no files'}`,
    hint: 'add a package.json, an index.html, or services.web.command in naru.yaml',
  }),
  'build.step-failed': ({ build, step, exitCode, signal, seconds }) => ({
    message: `${quoted(step)} failed in build ${build} with ${signal ?? `exit code ${exitCode ?? 'unknown'}`}${seconds === undefined ? '' : ` after ${sayDuration(seconds)}`}, so there is no release of it`,
    hint: `naru builds show ${build}`,
  }),
  'build.superseded': ({ build, by }) => ({
    message: `build ${build} was superseded by build ${by}`,
    hint: `naru builds show ${by}`,
  }),
  'build.disk-full': ({ build }) => ({
    message: `the disk was full during build ${build}, so there is no release of it`,
    hint: 'df -h, make room, and push again',
  }),
} satisfies Partial<ErrorWords>
