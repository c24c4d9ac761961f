import { existsSync } from 'node:fs'

/** What a command is started by to come behind the apps for processors; passes to all that it starts. */
export const calmly: readonly string[] = starter(['/usr/bin/nice', '/bin/nice'], ['-n', '10'])

/** The same for processors and disk. */
export const lessUrgent: readonly string[] = [
  ...calmly,
  // Where the disk knows no classes it changes nothing; `-t` goes on where it may not be chosen.
  ...starter(['/usr/bin/ionice', '/bin/ionice'], ['-c', '3', '-t']),
]

function starter(paths: string[], args: string[]): string[] {
  const path = paths.find((candidate) => existsSync(candidate))
  return path === undefined ? [] : [path, ...args]
}
