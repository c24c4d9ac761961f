import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { NaruError } from '../base/error.ts'
import { checkedLabel } from '../model/name.ts'
import { streamArchive } from './archive.ts'
import { importArchive, type SentArchive } from './archive-import.ts'
import { isMade, makeBareRepository, removeBareRepository } from './bare-repository.ts'
import { type GitOptions, git } from './git.ts'
import { updateRef } from './update-ref.ts'

/** A commit as people see it: `title` is the first line of its message, without control characters. */
export type CommitInfo = { commit: string; title: string; tree: string }

/** An entry of a commit's root folder. A `submodule` is a commit of another repository: its files are not here. */
export type RootEntry = { name: string; kind: 'file' | 'folder' | 'link' | 'submodule' }

/** A file of a commit with its whole path. */
export type TreeEntry = { path: string; kind: 'file' | 'link' | 'submodule' }

/**
 * The bare repository of each app. An app's name is checked before it becomes a path, a commit's id before it
 * becomes an argument. `commit.unknown` for what is not the full id of a commit that was pushed.
 */
export type Repositories = {
  /** Makes the repository, or repairs it and brings it up to this Naru; quick when there is nothing to do. */
  ensure(app: string): Promise<void>
  /** Removes it with all that was pushed; one that is gone is fine. */
  remove(app: string): Promise<void>
  /** Absolute path of an app's repository; `app.unknown` if there is none. */
  find(app: string): Promise<string>
  commitInfo(app: string, commit: string): Promise<CommitInfo>
  /** Text of a file, through links within the commit; undefined where there is no file. A path has no leading slash. */
  readFile(app: string, commit: string, path: string): Promise<string | undefined>
  /** The root folder of the commit, in git's order. */
  listFiles(app: string, commit: string): Promise<RootEntry[]>
  hasSubmodules(app: string, commit: string): Promise<boolean>
  /** Every file, link and submodule of the commit by its whole path, in git's order. */
  listTree(app: string, commit: string): Promise<TreeEntry[]>
  /** All files of the commit as one tar, as a checkout would have them. The stream ends only if git was done; else it fails. */
  archive(app: string, commit: string): Promise<Readable>
  /** Makes a commit of a tar.gz as it comes, all or nothing; gives its id. `archive.*` for what is not taken in. */
  importArchive(app: string, sent: SentArchive): Promise<string>
  /**
   * Points the branch at the commit, wherever it was; again is fine. Nothing else moves a branch. Takes away those that git
   * cannot have beside it, `release` where it is `release/x`: what deployed them is gone, or has another branch by now.
   */
  moveRef(app: string, branch: string, commit: string): Promise<void>
  /** Takes the branch away; one that is not there is fine. Its commits stay as long as something keeps them. */
  dropRef(app: string, branch: string): Promise<void>
  branchHead(app: string, branch: string): Promise<string | undefined>
  /** Keeps a pushed commit through every `collect` that names it, and spares the next push from sending it again. */
  keep(app: string, commit: string): Promise<void>
  /** Lets go of every kept commit but these, packs the repository, and drops objects that nothing reaches and that are a day old. */
  collect(app: string, commits: ReadonlySet<string>): Promise<void>
}

/** All repositories lie in `folder`, one `APP.git` each, readable by Naru alone. */
export function repositories({ folder }: { folder: string }): Repositories {
  const pathOf = (app: string) => join(folder, `${checkedLabel('app', app)}.git`)
  const run = (app: string, args: string[], options: GitOptions = {}) =>
    git(args, { repository: pathOf(app), ...options })
  const requireCommit = async (app: string, commit: string) => {
    if (!isCommitId(commit)) throw new NaruError('commit.unknown', { app, commit })
    const { stdout } = await run(app, ['cat-file', '--batch-check'], { input: `${commit}\n` })
    if (!stdout.toString().startsWith(`${commit} commit `)) {
      throw new NaruError('commit.unknown', { app, commit })
    }
  }

  const refsBeside = async (app: string, ref: string): Promise<string[]> => {
    const { stdout } = await run(app, ['for-each-ref', '--format=%(refname)', 'refs/heads/'])
    const isBeside = (other: string) => other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`)
    return stdout.toString().split('\n').filter(Boolean).filter(isBeside)
  }

  return {
    async ensure(app) {
      await makeBareRepository(pathOf(app))
    },
    async remove(app) {
      await removeBareRepository(pathOf(app))
    },
    async find(app) {
      const path = pathOf(app)
      if (!(await isMade(path))) throw new NaruError('app.unknown', { app })
      return path
    },
    async commitInfo(app, commit) {
      await requireCommit(app, commit)
      const format = '--format=%T%x00%s'
      const { stdout } = await run(app, [
        'log',
        '-1',
        '--no-show-signature',
        '--encoding=UTF-8',
        format,
        commit,
      ])
      const [tree = '', title = ''] = stdout.toString().split('\0')
      return { commit, tree, title: title.replace(/[\s\p{Cc}]+/gu, ' ').trim() }
    },
    async readFile(app, commit, path) {
      await requireCommit(app, commit)
      if (neverThere.test(path)) return undefined
      const { stdout } = await run(app, ['cat-file', '--batch', '--follow-symlinks'], {
        input: `${commit}:${path}\n`,
      })
      return blobOf(stdout)
    },
    async listFiles(app, commit) {
      await requireCommit(app, commit)
      const { stdout } = await run(app, ['ls-tree', '-z', commit])
      return stdout.toString().split('\0').filter(Boolean).map(readEntry)
    },
    async listTree(app, commit) {
      await requireCommit(app, commit)
      const { stdout } = await run(app, ['ls-tree', '-r', '-z', commit])
      return stdout.toString().split('\0').filter(Boolean).map(readTreeEntry)
    },
    async hasSubmodules(app, commit) {
      await requireCommit(app, commit)
      const { stdout: named } = await run(app, ['ls-tree', '-z', commit, '--', '.gitmodules'])
      if (named.length === 0) return false
      const { stdout } = await run(app, ['ls-tree', '-r', '-z', commit])
      return stdout
        .toString()
        .split('\0')
        .some((line) => line.startsWith('160000 '))
    },
    async archive(app, commit) {
      await requireCommit(app, commit)
      return streamArchive(pathOf(app), commit)
    },
    async importArchive(app, sent) {
      if (!(await isMade(pathOf(app)))) throw new NaruError('app.unknown', { app })
      return importArchive(pathOf(app), sent)
    },
    async moveRef(app, branch, commit) {
      await requireCommit(app, commit)
      const ref = branchRef(branch)
      for (const other of await refsBeside(app, ref)) await run(app, ['update-ref', '-d', other])
      await updateRef(pathOf(app), ref, commit)
    },
    async dropRef(app, branch) {
      const ref = branchRef(branch)
      const { code } = await run(app, ['show-ref', '--verify', '--quiet', ref], { codes: [0, 1] })
      if (code === 0) await run(app, ['update-ref', '-d', ref])
    },
    async branchHead(app, branch) {
      const args = ['rev-parse', '--verify', '--quiet', branchRef(branch)]
      const { code, stdout } = await run(app, args, { codes: [0, 1] })
      return code === 0 ? stdout.toString().trim() : undefined
    },
    async keep(app, commit) {
      await requireCommit(app, commit)
      await updateRef(pathOf(app), keptRef(commit), commit)
    },
    async collect(app, commits) {
      const { stdout } = await run(app, ['for-each-ref', '--format=%(objectname)', keptRefs])
      const dropped = stdout
        .toString()
        .split('\n')
        .filter((commit) => commit && !commits.has(commit))
      const input = dropped.map((commit) => `delete ${keptRef(commit)}\n`).join('')
      await run(app, ['update-ref', '--stdin'], { input })
      await run(app, ['gc', '--quiet', '--prune=1.day.ago'])
    },
  }
}

const keptRefs = 'refs/naru/commits/'
const keptRef = (commit: string) => `${keptRefs}${commit}`

/** Full ids only: a name, a range or an option never gets into a list of arguments. */
const isCommitId = (text: string) => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)

/** Git would take `./` and `../` as relative to a working folder that is not there, and a line break as the next question. */
const neverThere = /(?:^|\/)\.{1,2}(?:\/|$)|\n/

/** What git allows in the name of a branch, in short; `name.invalid` for anything else. */
function branchRef(branch: string): string {
  const allowed =
    /^(?![-./])(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)|[./]$))[^\s\p{Cc}~^:?*[\\]+$/u
  if (!allowed.test(branch)) throw new NaruError('name.invalid', { what: 'branch', name: branch })
  return `refs/heads/${branch}`
}

/** The file in an answer of `cat-file --batch`: a header line, the bytes, a line break. */
function blobOf(answer: Buffer): string | undefined {
  const end = answer.indexOf('\n')
  const header = /^[0-9a-f]+ blob (\d+)$/.exec(answer.toString('utf8', 0, end))
  return header ? answer.toString('utf8', end + 1, end + 1 + Number(header[1])) : undefined
}

const kinds: Readonly<Record<string, RootEntry['kind']>> = {
  '040000': 'folder',
  '120000': 'link',
  '160000': 'submodule',
}

/** "100644 blob 3b18e5…<tab>name" */
function readEntry(line: string): RootEntry {
  return { name: line.slice(line.indexOf('\t') + 1), kind: kinds[line.slice(0, 6)] ?? 'file' }
}

function readTreeEntry(line: string): TreeEntry {
  const { name: path, kind } = readEntry(line)
  return { path, kind: kind === 'folder' ? 'file' : kind }
}
