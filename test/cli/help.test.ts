import { performance } from 'node:perf_hooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { version } from '../../src/base/version.ts'
import { Rig } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await Rig.made()
})
afterAll(() => rig.remove())

/** Every command there is, in the order of the help. */
const commands = [
  'up',
  'down',
  'init',
  'status',
  'apps',
  'ps',
  'logs',
  'build',
  'builds, builds show, builds cancel',
  'releases',
  'rollback',
  'promote',
  'deploy',
  'deployments, deployments show, deployments abort',
  'scale',
  'run',
  'exec',
  'cp',
  'jobs, jobs run, jobs show, jobs cancel',
  'settings, settings list, settings set, settings unset, settings import',
  'secret, secret list, secret set, secret unset, secret rotate-key',
  'env, env list, env create, env destroy',
  'engine, engine set',
  'registry, registry login, registry logout',
  'destroy',
  'login',
  'logout',
  'contexts, contexts list, contexts use',
  'tokens, tokens list, tokens create, tokens revoke',
  'doctor',
  'completion',
  'version',
  'help',
].flatMap((line) => line.split(', '))

describe('help', () => {
  it('is what naru alone shows', async () => {
    const { code, stdout, stderr } = await rig.naru([])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: naru <command>\n/)
    expect((await rig.naru(['--help'])).stdout).toBe(stdout)
    expect((await rig.naru(['help'])).stdout).toBe(stdout)
    expect(stdout).not.toContain('proc-receive')
  })

  it('of every command has an example that begins with it, and names its options', async () => {
    const paths = await walk([])
    expect(paths.map((path) => path.join(' '))).toEqual(commands)
    for (const path of paths) {
      const { code, stdout } = await rig.naru([...path, '--help'])
      expect(code).toBe(0)
      expect(stdout, path.join(' ')).toMatch(
        new RegExp(`\nExample:\n  \\$ .*naru ${path.join(' ')}`),
      )
      for (const option of ['--json', '--data', '--no-color', '--lang'])
        expect(stdout, path.join(' ')).toContain(option)
    }
  }, 60_000)

  it('of a command is the same in both ways of asking', async () => {
    const asked = await rig.naru(['help', 'settings', 'set'])
    expect(asked.stdout).toBe((await rig.naru(['settings', 'set', '--help'])).stdout)
    expect(asked.stdout).toContain('Usage: naru settings set [options] <NAME=VALUE...>')
  })
})

describe('the version', () => {
  it('is the one in package.json', async () => {
    expect(version).toBe(packageJson.version)
    expect((await rig.naru(['--version'])).stdout).toBe(`naru ${version}\n`)
    expect((await rig.naru(['version'])).stdout).toBe(`naru ${version}\n`)
    expect(JSON.parse((await rig.naru(['version', '--json'])).stdout)).toEqual({
      version,
      node: process.versions.node,
      server: null,
    })
  })
})

describe('a mistake', () => {
  const mistakes: [args: string[], lines: string[]][] = [
    [
      ['statsu'],
      ['✖ naru has no command "statsu"', '  → did you mean naru status?', '  (usage.invalid)'],
    ],
    [
      ['frobnicate'],
      ['✖ naru has no command "frobnicate"', '  → naru --help', '  (usage.invalid)'],
    ],
    [
      ['builds', 'shwo'],
      [
        '✖ naru builds has no command "shwo"',
        '  → did you mean naru builds show?',
        '  (usage.invalid)',
      ],
    ],
    [
      ['help', 'rolback'],
      ['✖ naru has no command "rolback"', '  → did you mean naru rollback?', '  (usage.invalid)'],
    ],
    [
      ['status', '--jsn'],
      ["✖ unknown option '--jsn'", '  → did you mean --json?', '  (usage.invalid)'],
    ],
    [
      ['status', '--frob'],
      ["✖ unknown option '--frob'", '  → naru status --help', '  (usage.invalid)'],
    ],
    [
      ['settings', 'set'],
      [
        "✖ missing required argument 'NAME=VALUE'",
        '  → naru settings set --help',
        '  (usage.invalid)',
      ],
    ],
    [
      ['rollback', 'v1', 'v2'],
      [
        "✖ too many arguments for 'rollback'. Expected 1 argument but got 2",
        '  → naru rollback --help',
        '  (usage.invalid)',
      ],
    ],
    [
      ['rollback', 'latest'],
      ['✖ "latest" is no release', '  → as in v3', '  (argument.invalid)'],
    ],
    [
      ['logs', '--since', 'noon'],
      ['✖ "noon" is no time', '  → as in 10m, 2h or 2026-03-01T12:00:00Z', '  (argument.invalid)'],
    ],
    [
      ['ps', '--app', '-rf'],
      [
        '✖ "-rf" cannot be the name of an app',
        '  → use 1 to 40 lower-case letters, digits and dashes, starting with a letter and not ending with a dash, as in --app shop',
        '  (name.invalid)',
      ],
    ],
  ]
  it.each(mistakes)('%j is answered in three lines, with the way out', async (args, lines) => {
    const { code, stdout, stderr } = await rig.naru(args)
    expect({ code, stdout, lines: stderr.trimEnd().split('\n') }).toEqual({
      code: 2,
      stdout: '',
      lines,
    })
  })
})

it('a call takes this long', async () => {
  await rig.naru(['version'])
  const begin = performance.now()
  for (let call = 0; call < 5; call += 1) await rig.naru(['version'])
  console.log(`a command-line call: ${Math.round((performance.now() - begin) / 5)} ms`)
})

/** Every command that help shows, found as a person finds it. */
async function walk(path: string[]): Promise<string[][]> {
  const { stdout } = await rig.naru([...path, '--help'])
  const [, list = ''] = stdout.split('\nCommands:\n')
  const names = [...(list.split('\n\n')[0] ?? '').matchAll(/^ {2}([a-z-]+)/gm)].map(
    (match) => match[1] as string,
  )
  const found: string[][] = []
  for (const name of names) found.push([...path, name], ...(await walk([...path, name])))
  return found
}
