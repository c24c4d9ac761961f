import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A text file of the clone, by its path from the root. */
export type Source = { path: string; text: string; lines: string[] }

/** Every file under `folder` with one of the endings, in the order of their paths. */
export function sourcesIn(folder: string, ...endings: string[]): Source[] {
  return readdirSync(`${root}${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length))
    .filter((path) => !path.includes('node_modules/') && !path.startsWith('test/fixtures/'))
    .sort()
    .map(readSource)
}

export function readSource(path: string): Source {
  const text = readFileSync(`${root}${path}`, 'utf8')
  return { path, text, lines: text.split('\n') }
}

/** The places where a line matches, "src/a.ts:12", each only if the lines around it do not excuse it. */
export function placesOf(
  sources: readonly Source[],
  pattern: RegExp,
  excused: (source: Source, index: number) => boolean = () => false,
): string[] {
  return sources.flatMap((source) =>
    source.lines.flatMap((line, index) =>
      pattern.test(line) && !excused(source, index) ? [`${source.path}:${index + 1}`] : [],
    ),
  )
}
