import { readFileSync, realpathSync, renameSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { commandOf, type Naru, processesOf, until } from '../support/naru.ts'

const folderOf = ({ data }: Naru): string => join(data, 'router')
const socketOf = (naru: Naru): string => realpathSync(join(folderOf(naru), 'control.sock'))

/** Process ids of a Naru's router and of what starts it again when it dies. */
export function routerOf(naru: Naru): { routers: number[]; supervisors: number[] } {
  const all = processesOf(folderOf(naru)).map((pid) => ({
    pid,
    program: commandOf(pid).split('\0')[0],
  }))
  const supervisors = all.filter(({ program }) => program === '/bin/sh').map(({ pid }) => pid)
  const routers = all.filter(({ pid }) => !supervisors.includes(pid)).map(({ pid }) => pid)
  return { routers, supervisors }
}

/** While it lasts the router serves on, but cannot be told anything new. */
export async function outOfReach<R>(naru: Naru, act: () => Promise<R>): Promise<R> {
  let socket = socketOf(naru)
  await until(() => {
    socket = socketOf(naru)
    return connectionsTo(socket) >= linesOfServer
  }, 'the server to be at its router')
  renameSync(socket, `${socket}.away`)
  try {
    await until(
      () => connectionsTo(socket) <= linesOfServer,
      () => `the kept ones of ${connectionsTo(socket)} connections to the router to end`,
    )
    return await act()
  } finally {
    renameSync(`${socket}.away`, socket)
  }
}

/** By which a server learns that its router has died. */
const linesOfServer = 1

/** How many are open, of those that were accepted at this path. */
function connectionsTo(socket: string): number {
  const [, ...rows] = readFileSync('/proc/net/unix', 'utf8').trimEnd().split('\n')
  const connected = '03'
  return rows.filter((row) => {
    const [, , , , , state, , ...path] = row.split(/\s+/)
    return state === connected && path.join(' ') === socket
  }).length
}

/** Tells the router what its server would, past that; resolves with the status. */
export function putTable(naru: Naru, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const told = { socketPath: socketOf(naru), path: '/table', method: 'PUT' }
    const asked = request(told, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
