import { dirname, join } from 'node:path'

/** Path of a bundled program, which lies beside the one that runs. */
export const programFile = (name: string): string =>
  join(dirname(process.argv[1] ?? ''), `${name}.cjs`)
