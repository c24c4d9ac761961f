import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ran } from '../support/naru.ts'
import {
  aDeployment,
  aFailedDeployment,
  aStatus,
  badStory,
  home,
  StandIn,
} from '../support/stand-in.ts'
import { Rig } from './rig.ts'

let rig: Rig
let server: StandIn
beforeAll(async () => {
  rig = await Rig.made()
  server = await StandIn.started()
})
afterAll(async () => {
  await server.stop()
  rig.remove()
})

const naru = (environment: Record<string, string>, ...args: string[]) =>
  rig.naru(args, { environment: { ...server.environment, ...environment } })
const inKorean = (...args: string[]) => naru({ LANG: 'ko_KR.UTF-8' }, ...args)

describe('the language', () => {
  const spoken = async (environment: Record<string, string>, ...args: string[]) => {
    const { stdout } = await naru(environment, ...args, '--help')
    return stdout.startsWith('사용법: naru')
      ? 'ko'
      : stdout.startsWith('Usage: naru')
        ? 'en'
        : stdout
  }

  it('is that of the locale, and English where that says nothing', async () => {
    expect(await spoken({ LANG: 'ko_KR.UTF-8' })).toBe('ko')
    expect(await spoken({ LANG: 'ko_KR.UTF-8', LC_ALL: 'C' })).toBe('en')
    expect(await spoken({ LANG: 'de_DE.UTF-8' })).toBe('en')
    expect(await spoken({})).toBe('en')
  })

  it('is NARU_LANG before that, and --lang before all', async () => {
    expect(await spoken({ LANG: 'ko_KR.UTF-8', NARU_LANG: 'en' })).toBe('en')
    expect(await spoken({ NARU_LANG: 'ko' })).toBe('ko')
    expect(await spoken({ NARU_LANG: 'ko' }, '--lang', 'en')).toBe('en')
    expect(await spoken({}, 'status', '--lang', 'ko')).toBe('ko')
    expect(await spoken({}, '--lang=ko', 'status')).toBe('ko')
  })

  it('that Naru does not speak is refused in words', async () => {
    expect(await naru({}, 'status', '--lang', 'xx')).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        '✖ "xx" is no language that Naru speaks\n  → --lang en or --lang ko\n  (argument.invalid)\n',
    })
    expect((await naru({}, 'status', '--lang')).stderr).toMatch(
      /^✖ .*\n {2}→ .*\n {2}\(\w+\.invalid\)\n$/,
    )
  })

  it('is told to the server, which answers in it', async () => {
    server.json(`GET ${home}`, 200, aStatus())
    await inKorean('status', '--app', 'shop')
    expect(server.requests.at(-1)?.headers['accept-language']).toBe('ko')
    await naru({}, 'status', '--app', 'shop')
    expect(server.requests.at(-1)?.headers['accept-language']).toBe('en')
  })

  it('never changes the answer as JSON', async () => {
    server.json(`GET ${home}`, 200, aStatus())
    server.json(`GET ${home}/deployments`, 200, { deployments: [aDeployment()] })
    for (const args of [
      ['status', '--app', 'shop', '--json'],
      ['deployments', '--app', 'shop', '--json'],
      ['version', '--json'],
    ])
      expect((await inKorean(...args)).stdout).toBe((await naru({}, ...args)).stdout)
  })
})

describe('in Korean', () => {
  it('the help of every command has headings, options and summaries in Korean alone', async () => {
    const pages = await walk([])
    expect(pages.length).toBeGreaterThan(20)
    for (const { name, code, stdout } of pages) {
      expect(code, name).toBe(0)
      expect(stdout, name).toMatch(/^사용법: naru/)
      expect(stdout, name).toContain('\n예:\n  $ ')
      const prose = stdout.split('\n예:\n')[0] ?? ''
      expect(prose, name).not.toMatch(/Usage|Options:|Commands:|Arguments:|\[options\]|default:/)
      // An option or a command, then what it does: in Hangul.
      const lines = prose.split('\n').filter((line) => /^ {2}\S.* {2,}\S/.test(line))
      expect(
        lines.filter((line) => !/[가-힣]/.test(line)),
        name,
      ).toEqual([])
    }
  }, 120_000)

  it.each([
    [['statsu'], 'naru에는 "statsu" 명령이 없습니다', '혹시 naru status입니까?'],
    [['frobnicate'], 'naru에는 "frobnicate" 명령이 없습니다', 'naru --help'],
    [['status', '--jsn'], "'--jsn' 옵션은 없습니다", '혹시 --json입니까?'],
    [['status', '--frob'], "'--frob' 옵션은 없습니다", 'naru status --help'],
    [['settings', 'set'], "필요한 인자 'NAME=VALUE'가 없습니다", 'naru settings set --help'],
    [
      ['rollback', 'v1', 'v2'],
      "'rollback' 명령에 인자가 너무 많습니다. 1개까지인데 2개가 왔습니다",
      'naru rollback --help',
    ],
    [['rollback', 'latest'], '"latest"는 릴리스가 아닙니다', '예: v3'],
    [
      ['ps', '--app', '-rf'],
      '"-rf"는 앱 이름이 될 수 없습니다',
      '영문 소문자, 숫자, 붙임표로 1~40자를 쓰십시오. 영문자로 시작하고 붙임표로 끝나지 않아야 합니다(예: --app shop)',
    ],
  ])('%j is answered in three lines, with the way out', async (args, what, hint) => {
    const { code, stdout, stderr } = await inKorean(...args)
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').slice(0, 2) }).toEqual({
      code: 2,
      stdout: '',
      lines: [`✖ ${what}`, `  → ${hint}`],
    })
  })

  it('a table keeps its columns, though Hangul is two wide', async () => {
    server.json(`GET ${home}/deployments`, 200, { deployments: [aDeployment(), aFailedDeployment] })
    const { stdout } = await inKorean('deployments', '--app', 'shop')
    const [head = '', first = '', second = ''] = stdout.split('\n')
    expect(head).toMatch(/^배포 {2}릴리스 {2}종류 {4}상태 {2}걸린 시간/)
    expect(first).toMatch(/^4 {5}v3 {6}릴리스 {2}성공 {2}/)
    expect(second).toMatch(
      /^4 {5}v3 {6}릴리스 {2}실패 {2}.*v3의 web이 30초 안에 정상 상태가 되지 않아서/,
    )
  })

  it('a deployment tells its story', async () => {
    server.json(`GET ${home}/deployments/4`, 200, { ...aFailedDeployment, events: badStory })
    const { stdout } = await inKorean('deployments', 'show', '4', '--app', 'shop')
    const why =
      'v3의 web이 30초 안에 정상 상태가 되지 않아서 트래픽을 v3으로 옮기지 않았습니다: 포트 3000을 듣고 있지만, 받은 PORT는 20012입니다'
    expect(stdout).toBe(`배포 4 (릴리스): v3 실패했습니다
owner가 2026-03-01 12:00:00+00:00에 요청했습니다. 그때 안정 릴리스는 v2였습니다
이유: ${why}
v2가 서비스 중입니다

시각                간격     서비스 중  단계
12:00:00.000+00:00           v2         배포 4: v3
12:00:00.100+00:00  +0.1초   v2         v3: 준비하고 있습니다
12:00:00.200+00:00  +0.1초   v2         v3: 시작하고 있습니다
12:00:00.200+00:00  +0.0초   v2         v3의 web을 시작합니다
12:00:30.200+00:00  +30.0초  v2         v3을 포기합니다: ${why}
12:00:30.400+00:00  +0.2초   v2         v3: 실패했습니다. v2가 서비스 중입니다
`)
  })
})

/** The help in Korean of a command and of each below it. */
async function walk(path: string[]): Promise<(Ran & { name: string })[]> {
  const ran = await inKorean(...path, '--help')
  const [, list = ''] = ran.stdout.split('\n명령:\n')
  const names = [...(list.split('\n\n')[0] ?? '').matchAll(/^ {2}([a-z-]+)/gm)]
  const pages = [{ ...ran, name: path.join(' ') }]
  for (const [, name = ''] of names) pages.push(...(await walk([...path, name])))
  return pages
}
