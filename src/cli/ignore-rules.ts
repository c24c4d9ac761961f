import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ignore, { type Ignore } from 'ignore'

/** What ignore files say of a path: deeper ones win over those above them, later lines over earlier. */
export class IgnoreRules {
  static readonly none = new IgnoreRules([])

  private constructor(private readonly levels: readonly Level[]) {}

  /** With patterns that win over all before. `begin` turns a path into one that begins where the patterns are. */
  with(patterns: string, begin: (path: string) => string): IgnoreRules {
    const rules = ignore({ ignorecase: false }).add(patterns)
    return new IgnoreRules([{ rules, begin }, ...this.levels])
  }

  /** With the patterns of the file `name` in a folder, if there is one. */
  async withFile(
    folder: string,
    name: string,
    begin: (path: string) => string,
  ): Promise<IgnoreRules> {
    const text = await textIfThere(join(folder, name))
    return text === undefined ? this : this.with(text, begin)
  }

  /** Whether a path is left out or taken in; null where nothing is said of it. */
  verdict(path: string, isFolder: boolean): 'out' | 'in' | null {
    for (const { rules, begin } of this.levels) {
      const { ignored, unignored } = rules.test(`${begin(path)}${isFolder ? '/' : ''}`)
      if (ignored) return 'out'
      if (unignored) return 'in'
    }
    return null
  }
}

type Level = { rules: Ignore; begin: (path: string) => string }

export async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined // None there, or a folder of that name: it says nothing.
  }
}
