import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Route, RouteTable } from '../../../src/model/route.ts'
import { builtinRouter } from '../../../src/route/builtin/builtin-router.ts'
import { commandOf, freePort, processes, until } from '../../../test/support/naru.ts'

/** Something that carries requests to the backend. */
export type Candidate = {
  name: string
  port: number
  /** Whose processor time and memory count; none for the direct connection. */
  pids: number[]
  end(): Promise<void>
}

export type Backend = { ports: readonly [number, number]; end(): Promise<void> }

export const hostOf = (route: number): string => `app-${route}.bench.test`
const allHosts = (routes: number) => Array.from({ length: routes }, (_, route) => hostOf(route))
const router = join(dirname(fileURLToPath(import.meta.url)), '../../dist/router.cjs')

/** nginx with one worker, which answers `/` with the six bytes "port A" or "port B" and `/large` with 64 KiB. */
export async function startBackend(folder: string): Promise<Backend> {
  const ports = [await freePort(), await freePort()] as const
  const home = madeFolder(folder, 'backend')
  writeFileSync(join(home, 'large'), Buffer.alloc(64 * 1024, 'x'))
  const servers = ports.map(
    (port, at) => `server {
  listen 127.0.0.1:${port} backlog=4096; root ${home};
  location = / { return 200 "port ${'AB'[at]}"; }
}`,
  )
  const child = nginx(home, servers.join('\n'))
  for (const port of ports) await listening(port)
  return { ports, end: () => ended(child) }
}

/** One event loop, with connections to the backend kept, and its access log off. */
export async function startNginx(
  folder: string,
  routes: number,
  backend: number,
): Promise<Candidate> {
  const port = await freePort()
  const home = madeFolder(folder, `nginx-${routes}`)
  const hosts = allHosts(routes)
  const child = nginx(
    home,
    `map_hash_bucket_size 256; map_hash_max_size 8192;
map $host $to { ${hosts.map((host, at) => `${host} app_${at};`).join('\n')} }
${hosts.map((_, at) => `upstream app_${at} { server 127.0.0.1:${backend}; keepalive 64; keepalive_requests 1000000000; }`).join('\n')}
server {
  listen 127.0.0.1:${port} backlog=4096;
  location / { proxy_pass http://$to; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }
}`,
  )
  await listening(port)
  return { name: 'nginx', port, pids: [child.pid ?? 0], end: () => ended(child) }
}

/** One thread, a map from host to backend, connections to the backend kept. */
export async function startHaproxy(
  folder: string,
  routes: number,
  backend: number,
): Promise<Candidate> {
  const port = await freePort()
  const home = madeFolder(folder, `haproxy-${routes}`)
  const hosts = allHosts(routes)
  writeFileSync(join(home, 'hosts.map'), hosts.map((host, at) => `${host} app_${at}\n`).join(''))
  const config = join(home, 'haproxy.cfg')
  writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 3s
  timeout client 1m
  timeout server 1m
  option http-keep-alive
  http-reuse always
frontend visitors
  bind 127.0.0.1:${port} backlog 4096
  use_backend %[req.hdr(host),host_only,lower,map(${join(home, 'hosts.map')})]
${hosts.map((_, at) => `backend app_${at}\n  server one 127.0.0.1:${backend}\n`).join('')}`,
  )
  const child = spawn('haproxy', ['-db', '-f', config], { stdio: 'ignore' })
  await listening(port)
  return { name: 'haproxy', port, pids: [child.pid ?? 0], end: () => ended(child) }
}

export type Builtin = Candidate & {
  apply(table: RouteTable): Promise<unknown>
  drain(instance: string): Promise<unknown>
  table(backend: number): RouteTable
}

/** Naru's own router, started the way the server starts it. */
export async function startBuiltin(
  folder: string,
  routes: number,
  backend: number,
): Promise<Builtin> {
  const port = await freePort()
  const home = madeFolder(folder, `naru-${routes}`)
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const http = { host: '127.0.0.1', port }
  const started = await builtinRouter({ folder: home, program: router, http, log })
  let number = 0
  const table = (to: number): RouteTable => {
    number += 1
    return { number, routes: allHosts(routes).map((host, at) => routeTo(host, at, to)) }
  }
  await started.apply(table(backend))
  const pids = processes().filter((pid) => commandOf(pid).includes(`${home}\0`))
  return {
    name: 'naru',
    port,
    pids,
    apply: (wanted) => started.apply(wanted),
    drain: (instance) => started.drain(instance, 10),
    table,
    end: () => started.shutdown(),
  }
}

const routeTo = (host: string, at: number, port: number): Route => ({
  host,
  path: '/',
  app: `app-${at}`,
  environment: 'production',
  service: 'web',
  backends: [
    { release: 1, weight: 1, instances: [{ id: `${at}-${port}`, host: '127.0.0.1', port }] },
  ],
  page: 'down',
})

/** No proxy at all: what the backend, wrk and the machine allow. */
export const direct = (backend: number): Candidate => ({
  name: 'direct',
  port: backend,
  pids: [],
  end: async () => {},
})

function nginx(home: string, servers: string): ChildProcess {
  const config = join(home, 'nginx.conf')
  writeFileSync(
    config,
    `daemon off; master_process off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log crit;
worker_rlimit_nofile 65536;
events { worker_connections 16384; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; tcp_nodelay on;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  ${servers}
}`,
  )
  return spawn('nginx', ['-e', join(home, 'error.log'), '-p', home, '-c', config], {
    stdio: 'ignore',
  })
}

function madeFolder(parent: string, name: string): string {
  const folder = join(parent, name)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  return folder
}

const listening = (port: number): Promise<void> =>
  until(() => answersAt(port), `something to listen at port ${port}`, 15_000)

function answersAt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false)) // Nothing listens yet: that is what is being waited for.
    socket.once('connect', () => socket.destroy())
  })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}
