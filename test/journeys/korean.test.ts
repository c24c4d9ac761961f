import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { Naru, type Ran, type Repository, run } from '../support/naru.ts'

/** What the shell of somebody in Korea has. git tells the server by Accept-Language, for which LANGUAGE needs no locale to be installed. */
const korea = { LANG: 'ko_KR.UTF-8', LANGUAGE: 'ko', TZ: 'Asia/Seoul' }

let naru: Naru
beforeAll(async () => {
  naru = await Naru.started()
})
afterAll(() => naru.close())

const cli = (...args: string[]) => naru.cli(args, { environment: korea })

/** What the hook said, without git's own words around it. */
async function push({ folder }: Repository, environment: Record<string, string> = korea) {
  const ran = await run('git', ['push', 'naru', 'main'], {
    folder,
    environment: naru.environment(environment),
  })
  return { ...ran, said: saidBy(ran) }
}

const isKorean = (line: string): boolean => /[가-힣]/.test(line)

const saidBy = ({ stderr }: Ran): string[] =>
  stderr.split(/[\n\r]/).flatMap((line) => /^(?:remote|원격): ?(.*?) *$/.exec(line)?.[1] ?? [])

describe('somebody whose locale is Korean', () => {
  it('pushes, and reads in Korean how it goes live', async () => {
    const app = await naru.repository(
      'nara',
      webApp({ says: 'one', webFirst: "console.log('안녕하세요')" }),
    )
    const { code, said } = await push(app)
    expect(code, said.join('\n')).toBe(0)
    expect(said.join('\n')).toMatch(/^빌드 1 \([0-9a-f]{7}\): A change$/m)
    expect(said.join('\n')).toMatch(/^빌드 1이 성공했습니다 \(\d+\.\d초\): 릴리스 v1$/m)
    expect(said.join('\n')).toMatch(/^v1의 web을 시작합니다$/m)
    expect(said.join('\n')).toMatch(/^web이 정상입니다 \(\d+\.\d초 걸림\)$/m)
    expect(said.join('\n')).toMatch(
      /^http:\/\/nara\.localhost:\d+ 주소에서 \d+\.\d초 만에 서비스를 시작했습니다$/m,
    )
    expect(said.at(-1) || said.at(-2)).toBe('v1이 안정 상태가 되었습니다')
  })

  it('reads in Korean what Naru says of the build, beside what programs write', async () => {
    const app = await naru.repository('built', {
      'package.json': JSON.stringify({
        packageManager: 'npm@1.2.3',
        scripts: { build: 'echo a line of a program', start: 'node server.js' },
      }),
      'server.js':
        "require('http').createServer((_, out) => out.end('up')).listen(process.env.PORT)\n",
      'fly.toml': 'app = "built"\n[http_service]\ninternal_port = 8080\n',
      Procfile: 'worker: while :; do sleep 1; done\nrelease: echo migrated\n',
      'naru.yaml':
        'pipeline: [{ check: echo another line }]\nservices: { web: { healthy-for: 0s, settle: 0s } }\n',
    })
    const { code, said } = await push(app)
    expect(code, said.join('\n')).toBe(0)
    const end = said.findIndex((line) => line.includes('아티팩트'))
    const log = said.slice(0, end + 1).filter((line) => line.startsWith('  '))
    expect(log.join('\n')).toMatch(/^ {2}built의 빌드 1, 커밋 [0-9a-f]{10}$/m)
    expect(log.join('\n')).toMatch(/^ {2}- node \d+ \(이 기계의 /m)
    expect(log.join('\n')).toMatch(/^ {2}아티팩트 {2}준비되었습니다 {2}\d+\.\d초$/m)
    expect(log.filter((line) => !isKorean(line))).toEqual([
      '  - worker: while :; do sleep 1; done (Procfile)',
      '  check  echo another line …',
      '    another line',
      '  build  npm run build …',
      expect.stringMatching(/^ {4}> build$/),
      expect.stringMatching(/^ {4}> echo a line of a program$/),
      '    a line of a program',
    ])

    const shown = (await cli('builds', 'show', '1', '--app', 'built')).stdout
    for (const line of log) expect(shown).toContain(line.slice(2))
    const printed = await cli('build', '--print', app.folder)
    expect(printed.stdout).toMatch(/^ {2}- 의존성이 없어 설치할 것이 없습니다$/m)
    expect(printed.stdout).not.toContain('nothing to install')
  })

  it('looks at it in Korean, with times of Korea', async () => {
    const status = (await cli('status', '--app', 'nara')).stdout
    expect(status).toMatch(/^nara \(production\)\n {2}주소 +http/)
    expect(status).toMatch(/\n {2}서비스 중 +v1\n/)
    expect(status).toMatch(/\n {2}최근 .*배포 1: v1 안정 상태가 되었습니다, owner, \d+초 전\n/)
    expect((await cli('logs', '--app', 'nara')).stdout).toMatch(
      /^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}\+09:00 web v1 \S+ 안녕하세요$/m,
    )
    expect((await cli('deployments', 'show', '1', '--app', 'nara')).stdout).toMatch(
      /^owner가 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+09:00에 요청했습니다/m,
    )
  })

  it('is told in Korean why a push fails, by the command that failed and its output', async () => {
    const app = await naru.repository('broken', webApp({ says: 'one' }))
    const more = 'build:\n  command: echo about to break; exit 7\n'
    await app.commit(webApp({ says: 'two', more }))
    const { code, said, stderr } = await push(app)
    expect(code).not.toBe(0)
    expect(said.join('\n')).toContain('about to break')
    expect(said.join('\n')).toMatch(/^✖ 빌드 1의 .*실패해서\(종료 코드 7\) 릴리스가 없습니다$/m)
    expect(said.join('\n')).toMatch(/^ {2}→ naru builds show 1$/m)
    expect(stderr).toMatch(/\(빌드 1의 .*릴리스가 없습니다\)/)
  })

  it('is shown in Korean where naru.yaml is wrong', async () => {
    const app = await naru.repository('mistaken', webApp({ says: 'one' }))
    await app.commit({ 'naru.yaml': 'servces:\n  web: { command: node server.js }\n' })
    const { code, said } = await push(app)
    expect(code).not.toBe(0)
    expect(said.join('\n')).toMatch(
      /^✖ naru\.yaml:1:1 servces: .*"servces".*혹시 "services"입니까\?$/m,
    )
    expect(said.join('\n')).toMatch(
      /^ {2}→ naru\.yaml을 고친 다음 git push나 naru deploy로 다시 보내십시오$/m,
    )
  })

  it('mistypes a command, and is answered in Korean', async () => {
    expect(await cli('statsu')).toMatchObject({
      code: 2,
      stderr:
        '✖ naru에는 "statsu" 명령이 없습니다\n  → 혹시 naru status입니까?\n  (usage.invalid)\n',
    })
  })

  it('asks for what there is not, and the server answers in Korean', async () => {
    expect((await cli('status', '--app', 'gone')).stderr).toMatch(
      /^✖ 이 서버에는 "gone" 앱이 없습니다\n {2}→ .*naru apps.*\n {2}\(app\.unknown\)\n$/,
    )
  })

  it('starts what runs already, in Korean', async () => {
    expect((await cli('up')).stdout).toMatch(/^Naru가 이미 실행 중입니다\.\n {2}API +http/)
  })
})

describe('a page of the router', () => {
  it('is in Korean for a browser that likes Korean best', async () => {
    const url = `http://127.0.0.1:${naru.http}/`
    const headers = { 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.8' }
    const answer = await fetch(url, { headers })
    expect(answer.headers.get('content-language')).toBe('ko')
    expect(await answer.text()).toContain('배포된 앱이 없습니다')
  })
})

describe('somebody else at the same server', () => {
  it('reads English, as the locale of the pusher says and not that of the server', async () => {
    const app = await naru.repository('other', webApp({ says: 'one' }))
    const { code, said } = await push(app, { LANG: 'en_US.UTF-8', LANGUAGE: 'en' })
    expect(code).toBe(0)
    expect(said.join('\n')).toContain('v1 is stable')
    expect(said.join('\n')).not.toMatch(/[가-힣]/)
  })
})

describe('a server that was started in Korean', () => {
  it('speaks Korean to a git that says nothing of languages', async () => {
    const home = await Naru.started(korea)
    try {
      const app = await home.repository('home', webApp({ says: 'one' }))
      // As with LANG=C, or with a locale that is not installed: git then sends no Accept-Language.
      const ran = await run('git', ['push', 'naru', 'main'], {
        folder: app.folder,
        environment: home.environment({ LC_ALL: 'C' }),
      })
      expect(saidBy(ran).join('\n')).toContain('v1이 안정 상태가 되었습니다')
    } finally {
      await home.close()
    }
  })
})
