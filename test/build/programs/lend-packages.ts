import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dependenciesIn } from '../../../src/build/dependencies.ts'
import { freeze } from '../../../src/build/files.ts'
import { removeLeavings } from '../../../src/build/leavings.ts'

/** Keeps the packages of one slug, lends them to a second one, which gives them back, and lends them to a third. */
async function main(folder: string): Promise<void> {
  const [one, two, three] = ['one', 'two', 'three'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const cached = { key: 'k', keeps: ['node_modules'], moved: [] }
  const dependencies = dependenciesIn(join(folder, 'dependencies'), null)
  for (const name of ['kept', 'dev']) {
    await mkdir(join(one, 'node_modules', name), { recursive: true })
    await writeFile(join(one, 'node_modules', name, 'a.js'), name)
  }
  for (const slug of [two, three]) await mkdir(slug)
  const taken = await dependencies.take(cached, one, 'copy')
  if (taken !== null) await dependencies.keep(taken)
  await dependencies.restore(cached, two, true)
  const lent = await inode(two)
  await mkdir(join(two, 'node_modules/added'))

  const linked = await dependencies.link(cached)
  await dependencies.giveBack(cached, two, ['node_modules/added'], linked)
  await removeLeavings(two, ['node_modules/dev'])
  await freeze(two, null)
  await dependencies.restore(cached, three, true)

  const kept = await stat(join(folder, 'dependencies/k/files/node_modules/kept/a.js'))
  const said = {
    two: (await readdir(join(two, 'node_modules'))).sort(),
    three: (await readdir(join(three, 'node_modules'))).sort(),
    isSameFile: (await inode(two)) === kept.ino,
    isOwnFile: (await inode(three)) === lent,
    canBeWritten: ((await stat(join(two, 'node_modules'))).mode & 0o222) !== 0,
  }
  process.stdout.write(JSON.stringify(said))
}

const inode = async (slug: string) => (await stat(join(slug, 'node_modules/kept/a.js'))).ino

main(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${error}\n`)
  process.exit(1)
})
