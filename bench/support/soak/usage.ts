import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandOf, type Naru, processesOf } from '../../../test/support/naru.ts'
import { diskBytes, rssMb } from '../usage.ts'
import type { Sample, Slack } from './growth.ts'

const mb = 1024 * 1024

/** What may rise, and how far, without a leak. Disk in use is held by bounds of its own: `naru doctor`. */
export const slacks: Readonly<Record<string, Slack>> = {
  'server-memory': { share: 0.03, amount: 5, unit: 'MB' },
  'server-handles': { share: 0, amount: 4, unit: 'handles' },
  'server-threads': { share: 0, amount: 2, unit: 'threads' },
  'router-memory': { share: 0.03, amount: 4, unit: 'MB' },
  'router-handles': { share: 0, amount: 6, unit: 'handles' },
  'router-threads': { share: 0, amount: 2, unit: 'threads' },
  processes: { share: 0, amount: 6, unit: 'processes' },
  'engine-files': { share: 0.1, amount: 20, unit: 'files' },
  'temporary-files': { share: 0.1, amount: 20, unit: 'files' },
}

/** What server, router and the data folder hold now. */
export function sampleOf(naru: Naru): Sample {
  const processes = processesOf(naru.data)
  const server = naru.pid()
  const router = processes.filter(
    (pid) => commandOf(pid).includes('router.cjs') && !commandOf(pid).startsWith('/bin/sh'),
  )
  const handles = (pids: readonly number[]) =>
    pids.reduce((sum, pid) => sum + entries(`/proc/${pid}/fd`), 0)
  const threads = (pids: readonly number[]) =>
    pids.reduce((sum, pid) => sum + entries(`/proc/${pid}/task`), 0)
  return {
    'server-memory': rssMb([server]),
    'server-handles': handles([server]),
    'server-threads': threads([server]),
    'router-memory': rssMb(router),
    'router-handles': handles(router),
    'router-threads': threads(router),
    processes: processes.length,
    'engine-files': filesIn(join(naru.data, 'engine')),
    'temporary-files': list(join(naru.data, 'apps')).reduce(
      (sum, app) => sum + filesIn(join(naru.data, 'apps', app, 'tmp')),
      0,
    ),
  }
}

/** Where the bytes of the data folder are, in MB. */
export function diskOf(naru: Naru): Record<string, number> {
  const parts = ['apps', 'engine', 'router', 'builds', 'git', 'copies']
  const sizes = parts.map((part): [string, number] => [part, diskBytes(join(naru.data, part)) / mb])
  return { ...Object.fromEntries(sizes), all: diskBytes(naru.data) / mb }
}

/** Processes of the data folder that are neither Naru's own nor an instance that it knows. */
export function strangers(naru: Naru, known: ReadonlySet<string>): string[] {
  return processesOf(naru.data)
    .filter((pid) => !/(server|router|cli)\.cjs/.test(commandOf(pid)))
    .filter((pid) => !known.has(instanceOf(pid)))
    .map((pid) => `${pid} ${commandOf(pid).replaceAll('\0', ' ').slice(0, 100)}`)
}

function instanceOf(pid: number): string {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return variables.find((each) => each.startsWith('NARU_INSTANCE='))?.slice(14) ?? ''
  } catch {
    return '' // It has ended meanwhile.
  }
}

const entries = (folder: string): number => list(folder).length

function filesIn(folder: string): number {
  return list(folder).reduce((sum, name) => sum + 1 + filesIn(join(folder, name)), 0)
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // A file, or gone meanwhile.
  }
}
