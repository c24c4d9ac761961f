import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Naru } from './naru.ts'

/** An app whose one package is another in each round, from a registry of its own on this machine. */
export class ChangingApp {
  readonly #server: Server
  readonly #packages = new Map<string, Buffer>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<ChangingApp> {
    const server = createServer((request, response) => {
      const found = app.#packages.get(request.url ?? '')
      response.writeHead(found === undefined ? 404 : 200).end(found)
    })
    const app = new ChangingApp(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return app
  }

  /** The files of a round, whose package takes so many bytes and who answers "round 7 with package 7". */
  files(round: number, packageBytes: number): Record<string, string> {
    const version = `1.0.${round}`
    const path = `/parcel/-/parcel-${version}.tgz`
    const tarball = packed(version, round, packageBytes)
    this.#packages.set(path, tarball)
    const resolved = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    const root = { name: 'app', version: '1.0.0', dependencies: { parcel: resolved } }
    return {
      'package.json': JSON.stringify({ ...root, scripts: { start: 'node server.js' } }),
      'package-lock.json': JSON.stringify({
        name: 'app',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: { '': root, 'node_modules/parcel': { version, resolved, integrity } },
      }),
      'naru.yaml': 'services: { web: { healthy-for: 0s, settle: 0s, stop: { grace: 1s } } }\n',
      'server.js': `const text = 'round ${round} with package ' + require('parcel')
const server = require('node:http').createServer((request, response) => response.end(text))
server.listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`,
    }
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** What the collector has removed is refused in words; older ones are gone too. */
function nullWhereGone(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'artifact.missing') return null
  throw error
}

function packed(version: string, round: number, bytes: number): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'naru-parcel-'))
  try {
    mkdirSync(join(folder, 'package'))
    const files = {
      'package.json': JSON.stringify({ name: 'parcel', version, main: 'index.js' }),
      'index.js': `module.exports = ${round}\n`,
      data: randomBytes(bytes),
    }
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, 'package', name), content)
    execFileSync('tar', ['-czf', 'parcel.tgz', 'package'], { cwd: folder })
    return readFileSync(join(folder, 'parcel.tgz'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What slugs and caches take, and what they may, as the server says it. */
export async function cacheBound(naru: Naru): Promise<{ used: number; limit: number }> {
  const found = (await naru.client.bounds()).find(({ what }) => what === 'cache')
  if (found?.limit == null) throw new Error('the server names no bound of its cache')
  return { used: found.used, limit: found.limit }
}

/** Bytes of slugs and caches once they have been looked at after a build, or after 30 s in which they stayed above the bound. */
export async function settledUse(naru: Naru): Promise<number> {
  for (const end = Date.now() + 30_000; ; ) {
    const { used, limit } = await cacheBound(naru)
    if (used <= limit || Date.now() > end) return used
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Goes back to every release that is kept, newest first; answers with what each said then. */
export async function visitReleases(naru: Naru, name: string): Promise<Map<number, string>> {
  const place = naru.place(name)
  const said = new Map<number, string>()
  const all = (await naru.client.releases(place)).filter(({ stableAt }) => stableAt !== null)
  for (const { number, state } of all.sort((one, other) => other.number - one.number)) {
    if (state !== 'stable') {
      const asked = await naru.client.rollback(place, number).catch(nullWhereGone)
      if (asked === null) break
      const { number: deployment } = asked
      for await (const message of naru.client.story(place, deployment))
        if (message.kind === 'end' && message.deployment.status !== 'succeeded')
          throw new Error(`going back to v${number} ended ${message.deployment.status}`)
    }
    said.set(number, (await naru.visit(name)).body)
  }
  return said
}
