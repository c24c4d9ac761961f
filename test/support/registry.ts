import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeTree } from '../../src/base/tree.ts'
import { docker } from './docker.ts'
import { freePort, until } from './naru.ts'

/** Somebody who may use a private one; the hash is bcrypt's of the password. */
export const visitor = {
  user: 'ada',
  password: 'canary-7d1f',
  hash: '$2b$05$JWjrHoRrFJ1Gwez9N/NqMu79/uUPNSxC2MNtGX7eBBiZCd/s4gP3K',
}

/** A real registry of images on this machine, which the daemon reaches without TLS at 127.0.0.1. */
export class Registry {
  private constructor(
    readonly host: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** `isPrivate`: only for the one who `visitor` is. */
  static async started({ isPrivate = false } = {}): Promise<Registry> {
    const folder = mkdtempSync(join(tmpdir(), 'naru-registry-'))
    const port = await freePort()
    const host = `127.0.0.1:${port}`
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(folder, 'images') } },
      http: { addr: host },
      ...(isPrivate ? { auth: { htpasswd: { realm: 'naru', path: join(folder, 'users') } } } : {}),
    }
    writeFileSync(join(folder, 'users'), `${visitor.user}:${visitor.hash}\n`)
    // JSON is YAML.
    writeFileSync(join(folder, 'config.yml'), JSON.stringify(config))
    const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
      stdio: 'ignore',
    })
    const registry = new Registry(host, child, folder)
    await until(() => registry.#answers(), `the registry at ${host} to answer`)
    return registry
  }

  /** Moves an image of this machine there, under that name; gives its whole reference. */
  async push(image: string, name: string): Promise<string> {
    const reference = `${this.host}/${name}`
    const [repo, tag] = [reference.slice(0, reference.lastIndexOf(':')), name.split(':')[1]]
    await docker.getImage(image).tag({ repo, ...(tag === undefined ? {} : { tag }) })
    const sent = await docker
      .getImage(reference)
      .push({ authconfig: { username: visitor.user, password: visitor.password } })
    const lines = await new Promise<{ error?: string }[]>((resolve, reject) =>
      docker.modem.followProgress(sent, (error, said) => (error ? reject(error) : resolve(said))),
    )
    const failed = lines.find(({ error }) => error !== undefined)
    if (failed !== undefined) throw new Error(`not pushed: ${failed.error}`)
    for (const name of [reference, image]) await docker.getImage(name).remove({ noprune: true })
    return reference
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill()
    await ended
    await removeTree(this.folder)
  }

  async #answers(): Promise<boolean> {
    return fetch(`http://${this.host}/v2/`).then(
      ({ status }) => status === 200 || status === 401,
      () => false, // Not yet.
    )
  }
}
