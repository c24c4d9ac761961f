import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The programs of this Naru as a newer version, in a folder of their own: `cli` is its command line. */
export type NewerNaru = { cli: string; remove(): void }

/**
 * Made of the built programs beside `cli`. All of them are other files than before, so that a server of it finds an
 * older router. `migration` is a change of the tables that this version knows and older ones do not.
 */
export function newerNaru(cli: string, { migration }: { migration?: string } = {}): NewerNaru {
  const folder = mkdtempSync(join(tmpdir(), 'naru-newer-'))
  const built = dirname(cli)
  mkdirSync(join(folder, 'dist'))
  symlinkSync(join(dirname(built), 'node_modules'), join(folder, 'node_modules'))
  for (const name of readdirSync(built).filter((file) => file.endsWith('.cjs'))) {
    const text = readFileSync(join(built, name), 'utf8')
    const newer = migration === undefined ? text : withMigration(text, migration)
    writeFileSync(join(folder, 'dist', name), `${newer}\n// A newer version.\n`)
  }
  return {
    cli: join(folder, 'dist', 'cli.cjs'),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** Adds an empty change behind the last one that the program knows; a program without any stays as it is. */
const withMigration = (text: string, name: string): string =>
  text.replace(
    /var migrations = \{[^}]*/,
    (list) => `${list.trimEnd()},\n  "${name}": { up: async () => {} }\n`,
  )
