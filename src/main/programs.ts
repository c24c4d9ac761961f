import { dirname, join } from 'node:path'
import { serverDigest } from '../base/program-digest.ts'

/** Path of a bundled program, which lies beside the one that runs. */
export const programFile = (name: string): string => join(folder, `${name}.cjs`)

const folder = dirname(process.argv[1] ?? '')

/** Which programs run here: what `naru up` compares with those that it would start. */
export const serverPrograms = serverDigest(folder)
