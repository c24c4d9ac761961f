import { removeTree } from '../../../src/base/tree.ts'

/** Removes the folder it is given, as the user that it runs as. */
removeTree(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${error}\n`)
  process.exit(1)
})
