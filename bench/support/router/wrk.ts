import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Load = {
  port: number
  path: string
  /** One name, or several that take turns request by request. */
  hosts: readonly string[]
  connections: number
  /** A new connection for each request. */
  isNew: boolean
  seconds: number
}

/** What wrk saw. It asks again as soon as it is answered and repeats nothing. */
export type Seen = {
  requests: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Connections that were refused, broken or timed out, and answers other than 2xx. */
  failed: number
}

/** Drives the address with wrk, on one thread, for so many seconds. Rejects when wrk itself fails. */
export async function wrk(load: Load): Promise<Seen> {
  const folder = mkdtempSync(join(tmpdir(), 'naru-wrk-'))
  try {
    const script = join(folder, 'load.lua')
    writeFileSync(script, lua(load))
    const output = await run([
      ...['--threads', '1', '--connections', String(load.connections)],
      ...['--duration', `${load.seconds}s`, '--timeout', '20s', '--script', script],
      `http://127.0.0.1:${load.port}${load.path}`,
    ])
    const [, said] = /^SEEN (\{.*\})$/m.exec(output) ?? []
    if (said === undefined) throw new Error(`wrk said no figures:\n${output}`)
    return JSON.parse(said) as Seen
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The requests are made once, so that wrk costs the same for one name and for a thousand. */
const lua = ({ hosts, path, isNew }: Load) => `
local hosts = { ${hosts.map((host) => `"${host}"`).join(', ')} }
local made, turn = {}, 0
function init()
  for at, host in ipairs(hosts) do
    made[at] = wrk.format("GET", "${path}", { Host = host${isNew ? ', Connection = "close"' : ''} })
  end
end
function request()
  turn = turn % #made + 1
  return made[turn]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('SEEN {"requests":%d,"perSecond":%f,"p50Ms":%f,"p99Ms":%f,"failed":%d}\\n',
    summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`

function run(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('wrk', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`wrk ended with ${code}:\n${output}`)),
    )
  })
}
