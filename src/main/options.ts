import { availableParallelism, homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { NaruError } from '../base/error.ts'
import { parseBytes } from '../base/size.ts'
import { type EngineName, isEngineName } from '../model/engine.ts'

/** How the server program was started; `naru up` passes all of it on. */
export type ServerOptions = {
  data: string
  http: Address
  api: Address
  domain: string
  /** Builds at once. */
  builds: number
  /** What is built for where an environment says nothing, if nobody has asked for something; null: what fits this machine. */
  engine: EngineName | null
  /** What slugs and caches of all apps may take on the disk. */
  cacheLimitBytes: number
  /** End what an earlier server left running, then end. */
  down: boolean
  foreground: boolean
}

export type Address = { host: string; port: number }

export function readOptions(args: string[]): ServerOptions {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', default: defaultData() },
      http: { type: 'string', default: '127.0.0.1:8080' },
      api: { type: 'string', default: '127.0.0.1:7878' },
      domain: { type: 'string', default: 'localhost' },
      builds: { type: 'string', default: String(defaultBuilds()) },
      engine: { type: 'string' },
      'cache-limit': { type: 'string', default: process.env.NARU_CACHE_LIMIT || '5GB' },
      down: { type: 'boolean', default: false },
      foreground: { type: 'boolean', default: false },
    },
  })
  return {
    data: values.data,
    http: address('--http', values.http),
    api: address('--api', values.api),
    domain: values.domain,
    builds: buildsAtOnce(values.builds),
    engine: values.engine === undefined ? null : engineNamed(values.engine),
    cacheLimitBytes: cacheLimit(values['cache-limit']),
    down: values.down,
    foreground: values.foreground,
  }
}

const defaultData = (): string =>
  process.env.NARU_DATA ?? (process.getuid?.() === 0 ? '/var/lib/naru' : join(homedir(), '.naru'))

/** One for every two cores: the apps keep the others. */
const defaultBuilds = (): number => Math.max(1, Math.floor(availableParallelism() / 2))

function buildsAtOnce(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1) throw new NaruError('argument.invalid', { kind: 'builds-at-once', text })
  return count
}

function engineNamed(text: string): EngineName {
  if (!isEngineName(text)) throw new NaruError('argument.invalid', { kind: 'engine', text })
  return text
}

function cacheLimit(text: string): number {
  const bytes = parseBytes(text)
  if (bytes === undefined) throw new NaruError('argument.invalid', { kind: 'cache-limit', text })
  return bytes
}

/** "127.0.0.1:8080", "[::1]:8080" or just "8080", which is on loopback. */
function address(flag: string, text: string): Address {
  const match = /^(?:(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+):)?(\d{1,5})$/i.exec(text)
  const port = Number(match?.[2])
  if (!match || port < 1 || port > 65_535) {
    throw new NaruError('usage.invalid', {
      what: `${flag} ${text} is not an address`,
      expected: 'HOST:PORT, as in 127.0.0.1:8080',
    })
  }
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port }
}

export const sayAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
