import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Contexts } from '../../src/cli/contexts.ts'
import { StandIn } from '../support/stand-in.ts'
import { Rig } from './rig.ts'

let rig: Rig

beforeAll(async () => {
  rig = await Rig.made()
})
afterAll(() => rig.remove())

const complete = async (...words: string[]): Promise<string[]> => {
  const { code, stdout } = await rig.naru(['complete', '--', 'naru', ...words])
  expect(code).toBe(0)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
}

describe('completion', () => {
  it('knows the commands, those of a group, and the options of each', async () => {
    expect(await complete('sta')).toEqual(['status'])
    expect(await complete('')).toEqual(expect.arrayContaining(['up', 'down', 'deploy', 'rollback']))
    expect(await complete('settings', 's')).toEqual(['set'])
    expect(await complete('logs', '--fol')).toEqual(['--follow'])
    expect(await complete('nothing', 'such', '--zzz')).toEqual([''])
  })

  it('offers nothing that only a server knows where none answers', async () => {
    expect(await complete('status', '--app', '')).toEqual([''])
  })

  it('completes in bash as in a terminal', async () => {
    const script = (await rig.naru(['completion', 'bash'])).stdout
    const test = `${script}
naru() { "$NODE" "$CLI" "$@"; }
COMP_WORDS=(naru rollb); COMP_CWORD=1; _naru; printf '%s\\n' "\${COMPREPLY[@]}"
COMP_WORDS=(naru secret ''); COMP_CWORD=2; _naru; printf '%s\\n' "\${COMPREPLY[@]}"
complete -p naru`
    const said = execFileSync('bash', ['-c', test], {
      env: { ...rig.environment(), NODE: process.execPath, CLI: rig.program },
    }).toString()
    expect(said.split('\n').slice(0, 1)).toEqual(['rollback'])
    expect(said).toMatch(/^set$/m)
    expect(said).toContain('complete -o default -F _naru naru')
  })

  it.each(['zsh', 'fish'])('has a script for %s', async (shell) => {
    const { code, stdout } = await rig.naru(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain('naru complete --')
  })

  it('refuses a shell that it does not know, with the next thing to type', async () => {
    const { code, stderr } = await rig.naru(['completion', 'tcsh'])
    expect(code).toBe(2)
    expect(stderr).toContain('bash, zsh and fish are')
    expect(stderr).toContain('→ naru completion bash')
  })

  it('offers the apps and environments of the server that is meant, names and nothing else', async () => {
    const server = await StandIn.started()
    try {
      const app = (name: string) => ({ name, createdAt: '', stable: null, urls: [] })
      const place = (name: string) => ({
        app: 'x',
        name,
        branch: '',
        stable: null,
        serving: null,
        urls: [],
      })
      server.json('GET /v1/apps', 200, {
        apps: [app('shop'), app('$(id)'), app('sh\u001b[2J'), app('a\nb')],
      })
      server.json('GET /v1/apps/shop/environments', 200, {
        environments: [place('production'), place('staging')],
      })
      server.json('GET /v1/apps/blog/environments', 200, { environments: [place('preview')] })
      const ask = async (...words: string[]) => {
        const { stdout } = await rig.naru(['complete', '--', 'naru', ...words], {
          environment: server.environment,
        })
        return stdout.trimEnd().split('\n')
      }
      expect(await ask('status', '--app', '')).toEqual(['shop'])
      expect(await ask('status', '--app', 'shop', '--env', 's')).toEqual(['staging'])
      expect(await ask('--app', 'blog', 'logs', '--env', '')).toEqual(['preview'])
      expect(await ask('logs', '--app=shop', '--env=s')).toEqual(['--env=staging'])
      expect(await ask('logs', '--app', '=', 'shop', '--env', '=', 's')).toEqual(['staging'])
      expect(await ask('logs', '--app', 'deployments', 'ab')).toEqual([''])
      expect(await ask('run', '--app', 'shop', '--', 'node', '--env', '')).toEqual([''])
      expect(await ask('status', '--app', '../x', '--env', '')).toEqual([''])
    } finally {
      await server.stop()
    }
  })

  it('offers the contexts that naru login made', async () => {
    new Contexts(rig.environment()).keep('work', 'http://10.0.0.1:7878', 'secret')
    expect(await complete('apps', '--context', '')).toEqual(['local', 'work'])
    expect(
      (await rig.naru(['complete', '--', 'naru', 'apps', '--context', 'w'])).stdout,
    ).not.toContain('secret')
  })
})
