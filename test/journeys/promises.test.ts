import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { steadyWorker, webApp } from '../support/apps.ts'
import { commandOf, Naru, processes, until } from '../support/naru.ts'

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

describe('a worker', () => {
  it('overlaps with its predecessor for at most healthy-for and the grace, and then works alone', async () => {
    const writes = `const fs = require('node:fs')
setInterval(() => fs.appendFileSync(process.env.HOME + '/worked', Date.now() + ' ' + process.env.NARU_RELEASE + '\\n'), 100)
`
    const app = await naru.repository(
      'overlap',
      webApp({ says: 'one', worker: writes, healthyFor: '1s', settle: '1s' }),
    )
    await app.push()

    await app.deploy(webApp({ says: 'two', worker: writes, healthyFor: '1s', settle: '1s' }))

    const file = join(naru.data, 'apps/overlap/home/production/worked')
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ').map(Number))
    const times = (release: number) =>
      lines.filter(([, by]) => by === release).map(([at]) => at ?? 0)
    const firstNew = Math.min(...times(2))
    const lastOld = Math.max(...times(1))
    expect(lastOld - firstNew).toBeLessThan(1000 + 2000 + 500)
    const size = statSync(file).size
    await until(() => statSync(file).size > size, 'the new one to go on')
    const after = readFileSync(file, 'utf8').slice(size).trim().split('\n')
    expect(after.every((line) => line.endsWith(' 2') || line === '')).toBe(true)
  })

  it('that must not overlap never does', async () => {
    const writes = `const fs = require('node:fs')
setInterval(() => fs.appendFileSync(process.env.HOME + '/worked', process.env.NARU_RELEASE + '\\n'), 50)
`
    const options = { worker: writes, workerMore: '    overlap: none\n' }
    const app = await naru.repository('alone', webApp({ says: 'one', ...options }))
    await app.push()
    await app.deploy(webApp({ says: 'two', ...options }))

    const lines = readFileSync(join(naru.data, 'apps/alone/home/production/worked'), 'utf8')
      .trim()
      .split('\n')
    expect(lines).toEqual([...lines].sort())
    expect(new Set(lines)).toEqual(new Set(['1', '2']))
  })
})

describe('a secret', () => {
  const canary = `canary-${Math.random().toString(36).slice(2)}`

  it('reaches the app and shows nowhere else, after success, failure, abort and rollback', async () => {
    const webFirst = `const ok = process.env.CANARY?.startsWith('canary-') ? 'has it' : 'has it not'`
    const files = (more = {}) => {
      const made = webApp({
        says: 'x',
        webFirst,
        worker: steadyWorker,
        more: 'secrets: [CANARY]\n',
        ...more,
      })
      return { ...made, 'server.js': made['server.js']?.replace('"x"', 'ok') ?? '' }
    }
    const app = await naru.repository('keeper', files())
    const outputs: string[] = []
    const set = await naru.cli(['secret', 'set', 'CANARY', '--app', 'keeper'], { input: canary })
    outputs.push(set.output, (await app.push()).output)
    expect((await naru.visit('keeper')).body).toBe('has it')

    outputs.push((await app.deploy(files({ webFirst: 'process.exit(3)' }))).output)
    await app.commit(files({ webFirst: 'setInterval(() => {}, 1000); return' }))
    const stuck = app.pushing()
    await until(
      async () => (await naru.status('keeper')).deployment?.status === 'starting',
      'the third to start',
    )
    outputs.push(
      (await naru.cli(['deployments', 'abort', '--app', 'keeper'])).output,
      (await stuck.ended).output,
    )
    outputs.push((await app.deploy({ ...files(), 'more.txt': 'more' })).output)
    outputs.push((await naru.cli(['rollback', '--app', 'keeper'])).output)
    for (const args of [
      ['status'],
      ['releases'],
      ['deployments'],
      ['builds'],
      ['ps'],
      ['logs'],
      ['secret', 'list'],
      ['deployments', 'show', '1'],
    ]) {
      outputs.push((await naru.cli([...args, '--app', 'keeper', '--json'])).output)
    }

    expect(outputs.join('\n')).not.toContain(canary)
    expect(filesWith(naru.data, canary)).toEqual([])
    expect(processes().filter((pid) => commandOf(pid).includes(canary))).toEqual([])
    expect(await everyEvent()).not.toContain(canary)
  })
})

async function everyEvent(): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${naru.api}/v1/events?after=0`, {
    headers: { authorization: `Bearer ${naru.token()}` },
    signal: AbortSignal.timeout(20_000),
  })
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString()
    if (text.includes('"kind":"rollback"') && text.split('deployment.ended').length > 4) break
  }
  expect(text).toContain('deployment.ended')
  return text
}

/** Files below the folder that hold the text. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesWith(path, text)
    return entry.isFile() && readFileSync(path).includes(text) ? [path] : []
  })
}

describe.runIf(process.getuid?.() === 0)('as root', () => {
  it('builds and instances run as naru-apps and can read their own files and nothing else of Naru', async () => {
    const probe = `const fs = require('node:fs')
const path = require('node:path')
const home = process.env.HOME
const data = path.resolve(home, '../../../..')
const readable = []
const walk = (folder, depth) => {
  let names = []
  try { names = fs.readdirSync(folder); readable.push(folder) } catch {}
  if (depth > 0) for (const name of names) walk(path.join(folder, name), depth - 1)
}
walk(data, 3)
for (const name of ['', 'naru.db', 'token', 'secret.key', 'server.json', 'server.log', 'git', 'engine', 'router', 'builds', 'apps', 'apps/other', 'apps/other/slugs', 'apps/other/home']) {
  try { fs.readFileSync(path.join(data, name)); readable.push(name) } catch {}
  try { fs.readdirSync(path.join(data, name)); readable.push(name) } catch {}
}
for (const pid of fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && name !== String(process.pid))) {
  try {
    const text = fs.readFileSync('/proc/' + pid + '/environ', 'utf8')
    if (text.includes('NARU_APP=other')) readable.push('environment of another app')
  } catch {}
}
fs.writeFileSync(home + '/written', ''); fs.writeFileSync(process.env.TMPDIR + '/written', '')
let own = 'cannot write its slug'
try { fs.writeFileSync('server.js', ''); own = 'can write its slug' } catch {}
fs.readFileSync('server.js')
const report = JSON.stringify({ uid: process.getuid(), groups: process.getgroups(), own, readable })
`
    const other = await naru.repository('other', webApp({ says: 'other' }))
    await other.push()
    const files = webApp({ says: 'x', webFirst: probe, more: 'build:\n  command: id -un\n' })
    files['server.js'] = files['server.js']?.replace('"x"', 'report') ?? ''
    const app = await naru.repository('prober', files)

    const { output } = await app.push()

    expect(output).toMatch(/remote:\s+naru-apps/)
    const report = JSON.parse((await naru.visit('prober')).body) as {
      uid: number
      groups: number[]
      own: string
      readable: string[]
    }
    expect(report.uid).not.toBe(0)
    expect(report.groups).not.toContain(0)
    expect(report.own).toBe('cannot write its slug')
    expect(report.readable).toEqual([])
  })
})
