import { posix } from 'node:path'
import { PassThrough, pipeline, type Readable, type Writable } from 'node:stream'
import dockerignore from '@balena/dockerignore'
import { type Extract, extract, type Pack, pack } from 'tar-stream'

export type ContextWish = {
  /** The whole commit. */
  archive: Readable
  /** The app's folder in it, which becomes the root; "." is all of it. */
  folder: string
  /** Text of `.dockerignore`; empty where there is none. */
  ignore: string
  /** Kept whatever the ignore file says: the Dockerfile is read from the context. */
  always: readonly string[]
  /** Files that are put in, over those of the commit. */
  extra: Readonly<Record<string, string>>
}

/** What a build gets of a commit, as a tar that is made while it is read: nothing is written. Fails when the archive does. */
export function contextOf({ archive, folder, ignore, always, extra }: ContextWish): Readable {
  const ignored = rulesOf(ignore)
  const isWanted = (path: string): boolean => always.includes(path) || !ignored.ignores(path)
  const root = posix.normalize(folder)
  const out = pack()
  const fill = async () => {
    // The daemon takes for a tar only what shows a whole entry in its first 1024 bytes; that of a long or foreign name is longer.
    out.entry({ name: './', type: 'directory', mode: 0o755, mtime: new Date(0) })
    const entries = extract()
    archive.on('error', (error) => entries.destroy(error))
    archive.pipe(entries as unknown as Writable)
    for await (const entry of entries) {
      const path = below(root, entry.header.name)
      // A folder comes with what is in it; an empty one is none of git's.
      if (path === null || entry.header.type === 'directory' || path in extra || !isWanted(path))
        entry.resume()
      else await copy(out, entry, path)
    }
    for (const [name, text] of Object.entries(extra)) out.entry({ name, mode: 0o644 }, text)
    out.finalize()
  }
  fill().catch((error: unknown) =>
    out.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  const context = new PassThrough()
  // Whoever reads the context is told; where nobody reads any more, it is no failure.
  for (const stream of [out as unknown as Readable, context]) stream.on('error', () => {})
  pipeline(out as unknown as Readable, context, () => archive.destroy())
  return context
}

const rulesOf = (ignore: string): Ignore => dockerignore.default({ ignorecase: false }).add(ignore)

type Ignore = ReturnType<typeof dockerignore.default>
type Entry = Extract extends AsyncIterable<infer E> ? E : never

/** Path as seen from the folder; null for what is not in it. */
function below(folder: string, name: string): string | null {
  const path = name.replace(/^\.\//, '').replace(/\/$/, '')
  if (path === '') return null
  if (folder === '.') return path
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : null
}

/** With the same time for all of it: the same files are the same image. */
async function copy(out: Pack, entry: Entry, name: string): Promise<void> {
  const { type, size, mode, linkname } = entry.header
  const into = out.entry({
    name,
    type,
    size,
    mode,
    mtime: new Date(0),
    ...(linkname ? { linkname } : {}),
  })
  into.on('error', () => {}) // The whole is told.
  for await (const chunk of entry)
    if (!into.write(chunk)) await new Promise((resolve) => into.once('drain', () => resolve(null)))
  into.end(null)
}
