import type { Readable } from 'node:stream'
import type { Secret } from '../base/secret.ts'
import type { ImageWish } from '../engine/images.ts'
import type { Spec } from '../model/spec.ts'
import type { Account } from './account.ts'
import type { CommitEntry } from './commit-files.ts'

export type BuildRequest = {
  app: string
  number: number
  commit: string
  /** Git's id of the commit's tree. */
  tree: string
  spec: Spec
}

/** What a build is given: the commit's files, and the places it may use. */
export interface Workshop {
  /** The commit's files as a tar stream, which fails when git does. */
  archive(): Promise<Readable>
  /** Text of a file of the commit; undefined where there is none. */
  readFile(path: string): Promise<string | undefined>
  /** All files of the commit, with their whole paths. */
  listFiles(): Promise<CommitEntry[]>
  /** Whether an artifact is on record. A slug without a record may be half removed, so it is made anew. */
  kept(digest: string): Promise<boolean>
  folders: {
    /** A slug is at its final path here from the start, named by its digest. */
    slugs: string
    /** Of this app: what install steps made, by key. */
    dependencies: string
    /** Of this app: HOME of its build steps, with npm's cache. */
    buildHome: string
    /** A folder of this build's own is made in it and removed in the end. */
    temporary: string
  }
  /** Path of the build's log. */
  log: string
  /** Whom the steps run as; null: the user who runs Naru. */
  runAs: Account | null
  /** Plain settings of the app for its steps. Never a secret. */
  environment: Readonly<Record<string, string>>
  /** The newest values of these secrets of the environment. Throws `secret.missing`, `secret.unreadable`. */
  secrets(names: readonly string[]): Promise<Record<string, Secret>>
  /** Who Naru is at a registry of images, by its host; null: nobody. */
  loginAt: ImageWish['loginAt']
  /** The environment that Naru was started with, for its proxies, certificates and settings of package managers. */
  host: NodeJS.ProcessEnv
  /** Path of the bundled static server. */
  staticServer: string
  /**
   * Does what nobody waits for once the artifact is there, and before another build of the app begins, which it is told
   * by the signal: it then leaves out what is only good to have.
   */
  afterwards(work: (nextBegins: AbortSignal) => Promise<void>): void
}
