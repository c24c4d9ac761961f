import { catalogue, type ErrorCode } from '../../src/base/error.ts'
import { wrongCommands } from './named-commands.ts'
import type { SeenFailure } from './seen.ts'

/**
 * What is missing after every test ran: a code that nobody was shown, a hint that names a command that does not exist,
 * and a code that is excused from being shown although it was.
 */
export function missingFrom(
  seen: readonly SeenFailure[],
  isRoot = process.getuid?.() === 0,
): string[] {
  if (seen.length === 0) return ['no test saw a failure: is NARU_TEST_SEEN set where they run?']
  const shown = new Set(seen.map(({ code }) => code))
  return [
    ...Object.keys(catalogue)
      .filter((code) => !shown.has(code) && !Object.hasOwn(excused, code))
      .filter((code) => isRoot || !asRoot.has(code))
      .map((code) => `${code} is provoked by no test through the command line`),
    ...Object.keys(excused)
      .filter((code) => shown.has(code))
      .map(
        (code) => `${code} is provoked by a test, so test/support/provoked.ts need not excuse it`,
      ),
    ...[...shown]
      .filter((code) => !Object.hasOwn(catalogue, code))
      .map((code) => `${code} is shown to a person, but is not in the catalogue`),
    ...seen.flatMap(({ code, hint }) =>
      wrongCommands(hint).map((wrong) => `${code} says to type what does not work: ${wrong}`),
    ),
  ]
}

/** What cannot happen to whoever types a command, and why. */
const excused: Partial<Record<ErrorCode, string>> = {
  'app.exists':
    'naru init joins an app that is there; only two that make it in the same instant meet',
  'instance.gone': 'an instance that ends after it was chosen and before the command is in it',
  'rollout.unprepared': 'Naru 0.1 wrote it into deployments; since then they say the reason itself',
  'table.invalid': 'a route is checked by the same rules before its app is built',
}

/** What only root can meet, or only root can make happen: a user for apps, a small disk. */
const asRoot: ReadonlySet<string> = new Set<ErrorCode>([
  'user.missing',
  'data.unreachable',
  'data.noexec',
  'data.full',
  'disk.filling',
  'build.disk-full',
])
