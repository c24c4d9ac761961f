import { cpSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { run } from '../support/naru.ts'
import { Rig } from './rig.ts'

let rig: Rig
let clone: string
/** A clone whose set-up, build and command line only say that they ran. */
beforeEach(async () => {
  rig = await Rig.made()
  clone = join(rig.folder, 'a clone')
  for (const folder of ['', 'src', 'scripts', 'dist', 'node_modules', 'bin'])
    mkdirSync(join(clone, folder))
  cpSync(join(import.meta.dirname, '../../naru'), join(clone, 'naru'))
  rig.write('a clone/src/a.ts', '')
  rig.write('a clone/package.json', '{}')
  rig.write('a clone/package-lock.json', '{}')
  rig.write('a clone/scripts/setup.mjs', says('setup', 'node_modules/.package-lock.json'))
  rig.write('a clone/scripts/build.mjs', says('build', 'dist/.built'))
  rig.write('a clone/dist/cli.cjs', 'console.log(JSON.stringify(process.argv.slice(2)))')
})
afterEach(() => rig.remove())

const says = (what: string, leaves: string) => `
import { writeFileSync } from 'node:fs'
console.error(${JSON.stringify(what)})
writeFileSync(new URL('../${leaves}', import.meta.url), '')
`
const launch = (program: string, args: string[] = [], environment: Record<string, string> = {}) =>
  run(program, args, { folder: rig.work, environment: rig.environment(environment) })

const touchLater = (file: string) =>
  utimesSync(join(clone, file), Date.now() / 1000 + 60, Date.now() / 1000 + 60)

describe('the launcher', () => {
  it('sets up and builds the first time, and then only runs', async () => {
    const args = ['settings', 'set', 'A=$(date) "x"']
    expect(await launch(join(clone, 'naru'), args)).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify(args)}\n`,
      stderr: 'setup\nbuild\n',
    })
    expect(await launch(join(clone, 'naru'), args)).toMatchObject({
      code: 0,
      stdout: `${JSON.stringify(args)}\n`,
      stderr: '',
    })
  })

  it('builds again when a source has changed, come or gone', async () => {
    await launch(join(clone, 'naru'))
    for (const changed of ['src/a.ts', 'src', 'package-lock.json']) {
      touchLater(changed)
      expect((await launch(join(clone, 'naru'))).stderr).toContain('build\n')
    }
  })

  it('finds its clone through links, from anywhere', async () => {
    symlinkSync(join(clone, 'naru'), join(clone, 'bin/one'))
    symlinkSync('../a clone/bin/one', join(rig.home, 'naru'))
    symlinkSync('../a clone/bin/one', join(rig.work, 'two'))
    expect(await launch(join(rig.work, 'two'), ['x'])).toMatchObject({ code: 0, stdout: '["x"]\n' })
    expect(await launch('./two', ['x'])).toMatchObject({ code: 0, stdout: '["x"]\n' })
  })

  it('says in three lines that Node.js is missing or too old', async () => {
    const bin = join(rig.folder, 'bin')
    mkdirSync(bin)
    for (const tool of ['sh', 'find', 'head', 'readlink', 'touch'])
      symlinkSync(await where(tool), join(bin, tool))
    const needed = '20.20 or newer of line 20, or 22.14 or newer'
    expect(await launch(join(clone, 'naru'), [], { PATH: bin })).toMatchObject({
      code: 6,
      stderr: `✖ Naru needs Node.js ${needed}, and there is none on the PATH\n  → install it from https://nodejs.org/en/download\n  (node.too-old)\n`,
    })
    for (const version of ['v18.20.4', 'v20.19.9', 'v21.7.3', 'v22.13.1']) {
      rig.write('bin/node', `#!/bin/sh\necho ${version}\n`, 0o755)
      const { code, stderr } = await launch(join(clone, 'naru'), [], { PATH: bin })
      expect({ code, line: stderr.split('\n')[0] }).toEqual({
        code: 6,
        line: `✖ Naru needs Node.js ${needed}, and this is ${version}`,
      })
    }
  })
})

async function where(tool: string): Promise<string> {
  return (
    await run('/bin/sh', ['-c', 'command -v "$1"', 'sh', tool], { environment: rig.environment() })
  ).stdout.trim()
}
