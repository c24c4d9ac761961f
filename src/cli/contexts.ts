import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { NaruError } from '../base/error.ts'
import { isLabel } from '../model/name.ts'
import { credentialScript } from '../source/credential.ts'

/** A server elsewhere, as `naru login` got to know it. */
export type Context = {
  name: string
  /** Base URL of its API. */
  address: string
  /** Where its token lies, and beside it the helper that hands it to git: as in the data folder of a server here. */
  folder: string
}

/** The name that stands for the server on this machine. */
export const here = 'local'

/** The contexts that this user has, each in a folder of its own that only he can read. */
export class Contexts {
  readonly #folder: string

  constructor(environment: NodeJS.ProcessEnv) {
    const config =
      environment['XDG_CONFIG_HOME'] || join(environment['HOME'] || homedir(), '.config')
    this.#folder = join(config, 'naru', 'contexts')
  }

  /** By name. */
  all(): Context[] {
    const names = namesIn(this.#folder)
    return names.map((name) => this.find(name)).filter((context) => context !== undefined)
  }

  find(name: string): Context | undefined {
    const folder = join(this.#folder, name)
    const address = isLabel(name) ? read(join(folder, 'address')) : undefined
    return address === undefined ? undefined : { name, address, folder }
  }

  /** Throws `context.unknown`. */
  require(name: string): Context {
    const found = this.find(name)
    const contexts = [here, ...this.all().map((context) => context.name)]
    if (found === undefined) throw new NaruError('context.unknown', { name, contexts })
    return found
  }

  /** The one that `use` chose; undefined for the server of this machine. */
  current(): Context | undefined {
    const name = read(join(this.#folder, '.current'))
    return name === undefined ? undefined : this.find(name)
  }

  /** Keeps it, and its token where nobody else can read it, in the place of what was known by that name. Throws `file.unreadable`. */
  keep(name: string, address: string, token: string): Context {
    const folder = join(this.#folder, name)
    makeFolder(folder)
    // Before the new address there is no token any more, and the new one comes last: no server gets another's.
    for (const file of ['token', 'git-credential', 'address'])
      rmSync(join(folder, file), { force: true })
    writeFileSync(join(folder, 'address'), `${address}\n`, { mode: 0o600 })
    writeFileSync(join(folder, 'git-credential'), credentialScript, { mode: 0o700 })
    writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 })
    return { name, address, folder }
  }

  /** From now on commands mean it. `local` is the server of this machine. Throws `context.unknown`. */
  use(name: string): void {
    if (name !== here) this.require(name)
    const file = join(this.#folder, '.current')
    if (name === here) rmSync(file, { force: true })
    else writeFileSync(file, `${name}\n`, { mode: 0o600 })
  }

  /** Forgets it and its token. Throws `context.unknown`. */
  forget(name: string): void {
    const { folder } = this.require(name)
    if (this.current()?.name === name) this.use(here)
    rmSync(folder, { recursive: true })
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    const reason = reasons[code]
    if (reason === undefined) throw cause
    throw new NaruError('file.unreadable', { file: folder, reason }, { cause })
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return [] // Nobody has logged in yet.
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch {
    return undefined // Not there: there is no such context, or none was chosen.
  }
}
