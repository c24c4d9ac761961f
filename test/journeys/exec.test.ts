import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type IPty, spawn } from '@lydell/node-pty'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { webApp } from '../support/apps.ts'
import { whereDocker } from '../support/docker.ts'
import { Naru, type TestEngine, until } from '../support/naru.ts'

const cli = join(import.meta.dirname, '../../dist/cli.cjs')

function journeys(engine: TestEngine): void {
  let naru: Naru
  let person: IPty | null = null
  beforeAll(async () => {
    naru = await Naru.started({}, engine)
    const shop = await naru.repository('shop', webApp({ says: 'one' }))
    expect((await shop.push()).output).toContain('live at')
  })
  afterAll(async () => {
    person?.kill('SIGKILL')
    await naru.close()
  })
  const exec = (args: string[], input?: string) =>
    naru.cli(['exec', '--app', 'shop', ...args], input === undefined ? {} : { input })

  it('runs in the instance that serves, with its environment, streams and exit code', async () => {
    const ran = await exec(
      ['web', '--', 'sh', '-c', 'echo $NARU_SERVICE; cat; echo bad >&2; exit 3'],
      'in\n',
    )
    expect(ran).toMatchObject({ code: 3, stdout: 'web\nin\n', stderr: 'bad\n' })
    const { stdout } = await exec(['--json', 'web', '--', 'node', '-p', '6 * 7'])
    expect(JSON.parse(stdout)).toMatchObject({ code: 0, output: '42\n', release: 1 })
  })

  it('is a shell at a terminal', async () => {
    person = spawn(process.execPath, [cli, 'exec', '--app', 'shop', 'web', '--', 'sh'], {
      cols: 97,
      rows: 31,
      env: naru.environment(),
    })
    let text = ''
    person.onData((piece) => {
      text += piece
    })
    const ended = new Promise<number>((resolve) =>
      person?.onExit(({ exitCode }) => resolve(exitCode)),
    )
    const says = (what: string) =>
      until(
        () => text.includes(what),
        () => `"${what}" in ${text}`,
      )
    await until(() => {
      person?.write('stty size\r')
      return text.includes('31 97')
    }, 'its size')
    person.resize(80, 25)
    await until(() => {
      person?.write('stty size\r')
      return text.includes('25 80')
    }, 'its new size')
    person.write('echo "it is $NARU_APP"\r')
    await says('it is shop')
    person.write('exit 4\r')
    expect(await ended).toBe(4)
  })

  it('goes to the instance that is named, and says which there are where it does not run', async () => {
    const [web] = (await naru.status('shop')).instances
    expect((await exec(['--instance', web?.id ?? '', 'web', '--', 'true'])).code).toBe(0)
    for (const [args, said] of [
      [['worker', '--', 'true'], 'has no instance of "worker" that runs; there is web'],
      [['--instance', 'web-nobody', 'web', '--', 'true'], 'has no instance "web-nobody"'],
    ] as const) {
      const { code, output } = await exec([...args])
      expect(output).toContain(said)
      expect(output).toContain('(instance.unknown)')
      expect(code).toBe(4)
    }
  })

  it('lends its tar to naru cp: files and folders there and back, and what tar cannot do is said', async () => {
    const here = join(naru.folder, `copies-${engine}`)
    mkdirSync(join(here, 'seed/in'), { recursive: true })
    writeFileSync(join(here, 'seed/in/a b.txt'), 'from here')
    const cp = (...args: string[]) => naru.cli(['cp', '--app', 'shop', ...args], { folder: here })
    expect(await cp('./seed', 'web:/tmp')).toMatchObject({ code: 0, stdout: '1 file copied\n' })
    const { stdout } = await exec(['web', '--', 'cat', '/tmp/seed/in/a b.txt'])
    expect(stdout).toBe('from here')
    expect((await cp('web:/tmp/seed/in', './back')).output).toContain('1 file copied')
    expect(readFileSync(join(here, 'back/a b.txt'), 'utf8')).toBe('from here')
    expect((await cp('seed/in/a b.txt', 'web:/tmp/renamed.txt')).code).toBe(0)
    expect((await cp('web:/tmp/renamed.txt', '.')).code).toBe(0)
    expect(readFileSync(join(here, 'renamed.txt'), 'utf8')).toBe('from here')
    expect((await exec(['web', '--', 'rm', '-rf', '/tmp/seed', '/tmp/renamed.txt'])).code).toBe(0)

    const missing = await cp('web:/tmp/nothing-there', '.')
    expect(missing.output).toMatch(/was not copied: .*nothing-there/)
    expect(missing.output).toContain('(copy.failed)')
    expect(missing.code).toBe(8)
    for (const [args, code] of [
      [['web:/a', 'web:/b'], 'usage.invalid'],
      [['a', 'b'], 'usage.invalid'],
      [['not-here', 'web:/tmp'], 'file.unreadable'],
      [['web:..', '.'], 'argument.invalid'],
      [['worker:/a', '.'], 'instance.unknown'],
    ] as const)
      expect((await cp(...args)).output).toContain(`(${code})`)
  })

  it('before there is anything to run in is refused', async () => {
    await naru.repository('empty', webApp({ says: 'never' }))
    const { code, output } = await naru.cli(['exec', '--app', 'empty', 'web', '--', 'true'])
    expect(output).toContain('(run.no-release)')
    expect(code).toBe(7)
  })
}

describe('naru exec, on processes,', () => journeys('process'))
describe('naru exec, on containers,', whereDocker, () => journeys('docker'))
