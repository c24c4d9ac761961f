import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { NaruError } from '../base/error.ts'
import { randomId } from '../base/id.ts'
import type { PlacedEntry } from '../model/archive-tree.ts'
import { gitReason, startFailure, startGit } from './git.ts'

/** Makes one commit of files as they come. None of them is whole in memory, and none on the disk but as an object. */
export type FastImport = {
  /** Adds a file, with exactly `size` bytes of content, or a link. Folders come with what is in them. */
  add(entry: PlacedEntry, content: AsyncIterable<Uint8Array>): Promise<void>
  /** Ends it and gives the commit's id. */
  finish(): Promise<string>
  /** Ends git at once, unless it has ended; returns when it is gone. */
  end(): Promise<void>
}

export type ImportedCommit = {
  message: string
  at: Date
  /** Of the object folder to write into. */
  environment: Record<string, string>
}

/**
 * Starts `git fast-import` with the beginning of a commit that has no parent. What git cannot do comes as
 * `git.failed`, or `data.full` where the disk is.
 */
export function startFastImport(repository: string, commit: ImportedCommit): FastImport {
  // Files beyond 8 MB go through without being held; small imports become a pack too, which moves as one.
  const settings = ['-c', 'core.bigFileThreshold=8m', '-c', 'fastimport.unpackLimit=0']
  const child = startGit([...settings, 'fast-import', '--quiet'], {
    repository,
    environment: commit.environment,
  })
  const ended = endOf(child)
  ended.catch(() => {}) // Told to whoever writes or waits next.
  // Needed by git for a commit; taken away again before git ends, so that it never exists.
  const ref = `refs/naru/incoming/${randomId()}`
  const write = async (data: string | Uint8Array) => {
    const { stdin } = child
    if (!stdin.writable) throw await failure(repository, ended)
    if (stdin.write(data)) return
    const drained = once(stdin, 'drain').then(goesOn, isOver)
    if (!(await Promise.race([drained, ended.then(isOver, isOver)]))) {
      throw await failure(repository, ended)
    }
  }
  let begun: Promise<void> | undefined
  const begin = () => {
    begun ??= write(head(ref, commit))
    return begun
  }
  return {
    async add({ path, kind, size, executable, target }, content) {
      await begin()
      if (kind === 'link') {
        return write(`M 120000 inline ${quotedPath(path)}\n${data(target)}`)
      }
      if (kind === 'folder') return
      await write(
        `M ${executable ? '100755' : '100644'} inline ${quotedPath(path)}\ndata ${size}\n`,
      )
      let bytes = 0
      for await (const chunk of content) {
        bytes += chunk.length
        await write(chunk)
      }
      if (bytes !== size) throw new Error(`${bytes} bytes came of a file of ${size}`)
      await write('\n')
    },
    async finish() {
      await begin()
      await write(`get-mark :1\nreset ${ref}\nfrom ${'0'.repeat(40)}\n\ndone\n`)
      child.stdin.end()
      const { code, out } = await ended
      const id = out.trim()
      if (code !== 0 || !/^[0-9a-f]{40,64}$/.test(id)) throw await failure(repository, ended)
      return id
    },
    async end() {
      child.kill('SIGKILL')
      await ended.catch(() => {}) // It could not be started, which whoever wrote to it was told.
    },
  }
}

const goesOn = () => true
const isOver = () => false

const head = (ref: string, { message, at }: ImportedCommit): string =>
  [
    'feature done\n',
    `commit ${ref}\n`,
    'mark :1\n',
    `committer Naru <naru@localhost> ${Math.floor(at.getTime() / 1000)} +0000\n`,
    data(message),
  ].join('')

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`

/** As git reads it between quotes. What else would need an escape is refused long before. */
const quotedPath = (path: string): string =>
  `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

type Ended = { code: number | null; out: string; said: string }

function endOf(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let out = ''
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out = `${out}${chunk}`.slice(-200)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4096)
  })
  child.stdin.on('error', () => {}) // Git ended before it had read everything; why, its end says.
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(startFailure(error)))
    child.on('close', (code) => resolve({ code, out, said }))
  })
}

async function failure(repository: string, ended: Promise<Ended>): Promise<NaruError> {
  const { code, said } = await ended
  if (/No space left on device|Out of diskspace|Disk quota exceeded/i.test(said)) {
    return new NaruError('data.full', { folder: repository })
  }
  // It names a report that it wrote about itself last; what went wrong is said before.
  const reason = said.split('\n').find((line) => line.startsWith('fatal: ')) ?? said
  return new NaruError('git.failed', {
    command: 'git fast-import',
    reason: gitReason(reason, code),
  })
}
