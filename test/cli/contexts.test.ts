import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Contexts } from '../../src/cli/contexts.ts'
import { targetOf } from '../../src/cli/target.ts'

function contexts(): Contexts {
  const home = mkdtempSync(join(tmpdir(), 'naru-contexts-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return new Contexts({ HOME: home })
}

/** What git's question for a server's password is answered. */
function asked(helper: string, protocol: string, host: string): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(helper, ['get'], (_error, stdout) => resolve(stdout))
    child.stdin?.end(`protocol=${protocol}\nhost=${host}\nwwwauth[]=Basic realm="Naru"\n\n`)
  })
}

describe('logging in again under a name that is known', () => {
  it('never leaves a new token beside the address of the server before', () => {
    const known = contexts()
    const { folder } = known.keep('work', 'http://10.0.0.1:7878', 'one')
    rmSync(join(folder, 'address'))
    mkdirSync(join(folder, 'address', 'x'), { recursive: true }) // It cannot be written, as on a full disk.

    expect(() => known.keep('work', 'http://10.0.0.2:7878', 'two')).toThrow('address')

    expect(existsSync(join(folder, 'token'))).toBe(false)
  })

  it('is refused in words where nothing can be kept', () => {
    const home = mkdtempSync(join(tmpdir(), 'naru-contexts-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    writeFileSync(join(home, '.config'), '') // No folder can be made in it.
    const keep = () => new Contexts({ HOME: home }).keep('work', 'http://10.0.0.1:7878', 'one')
    expect(keep).toThrow(
      expect.objectContaining({
        code: 'file.unreadable',
        facts: {
          file: join(home, '.config/naru/contexts/work'),
          reason: 'a part of the path is a file',
        },
      }),
    )
  })

  it('hands the token to no server but its own, whatever older repositories ask for', async () => {
    const known = contexts()
    known.keep('work', 'http://10.0.0.1:7878', 'one')
    const { folder } = known.keep('work', 'https://naru.example.com', 'two')
    const helper = join(folder, 'git-credential')

    expect(await asked(helper, 'https', 'naru.example.com')).toBe('username=naru\npassword=two\n')
    for (const host of ['10.0.0.1:7878', 'naru.example.com:444', 'naru.example.com.evil.org'])
      expect(await asked(helper, 'https', host)).toBe('quit=1\n')
    expect(await asked(helper, 'http', 'naru.example.com')).toBe('quit=1\n')
  })

  it('keeps the token where nobody else can read it, although others could read the one before', () => {
    const known = contexts()
    const { folder } = known.keep('work', 'http://10.0.0.1:7878', 'one')
    chmodSync(join(folder, 'token'), 0o644)

    known.keep('work', 'http://10.0.0.1:7878', 'two')

    expect(readFileSync(join(folder, 'token'), 'utf8')).toBe('two\n')
    expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600)
  })
})

describe('the server that is meant', () => {
  const work = 'http://10.0.0.1:7878'
  const home = 'http://127.0.0.1:9999'
  const api = { NARU_API: 'http://10.0.0.9:7878', NARU_TOKEN: 'of-api' }

  /** A user who knows `work`, and whose server here listens at `home`. */
  function user() {
    const folder = mkdtempSync(join(tmpdir(), 'naru-target-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const environment = { HOME: folder }
    new Contexts(environment).keep('work', work, 'of-work')
    const data = join(folder, 'data')
    mkdirSync(data)
    writeFileSync(join(data, 'server.json'), JSON.stringify({ pid: 1, api: home, http: home }))
    writeFileSync(join(data, 'token'), 'of-home\n')
    return { environment, data }
  }

  it.each([
    [
      'the context that is typed, over NARU_API',
      api,
      { context: 'work', isTyped: true },
      work,
      'of-work',
    ],
    [
      'the data folder that is typed, over NARU_API',
      api,
      { isTyped: true, isDataNamed: true },
      home,
      'of-home',
    ],
    ['this machine where that is typed', api, { context: 'local', isTyped: true }, home, 'of-home'],
    [
      'NARU_API, over a context of the environment',
      api,
      { context: 'work' },
      api.NARU_API,
      'of-api',
    ],
    ['NARU_API without a token of its own', { NARU_API: api.NARU_API }, {}, api.NARU_API, null],
    [
      'a context, and NARU_TOKEN over its own',
      { NARU_TOKEN: 'x' },
      { context: 'work', isTyped: true },
      work,
      'x',
    ],
    ['nothing by an empty NARU_API', { NARU_API: '' }, { isDataNamed: true }, home, 'of-home'],
  ])('is %s', (_name, more, meant, address, token) => {
    const { environment, data } = user()
    const target = targetOf({ ...environment, ...more }, { data, ...meant })
    expect(target).toMatchObject({ address, token })
  })
})
