import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/**
 * The version of a program that is a package of npm, from the package.json that it lies under: starting it to ask takes
 * as long as all else that an unchanged install needs. Null for anything else, a stand-in that only leads to the program
 * among it. `anyone`: whether other accounts than this must be able to start it.
 */
export async function packageVersion(
  path: string,
  name: string,
  anyone: boolean,
): Promise<string | null> {
  try {
    const program = await realpath(path)
    // npm/bin/npm-cli.js: the package's folder is two above.
    const folder = dirname(dirname(program))
    const text = await readFile(join(folder, 'package.json'), 'utf8')
    const json: unknown = JSON.parse(text)
    if (typeof json !== 'object' || json === null || !('name' in json) || json.name !== name)
      return null
    if (anyone && !(await isOpen(program))) return null
    return 'version' in json && /^\d+(?:\.\d+)+$/.test(String(json.version))
      ? String(json.version)
      : null
  } catch {
    return null // Nothing of the kind there: whoever asks starts the program instead.
  }
}

/** Whether every account may read and start a file, and get there. */
async function isOpen(program: string): Promise<boolean> {
  if (((await stat(program)).mode & 0o005) !== 0o005) return false
  for (let at = dirname(program); ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}
