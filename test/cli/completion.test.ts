import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
})
