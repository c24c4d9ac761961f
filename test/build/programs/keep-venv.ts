import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dependenciesIn } from '../../../src/build/dependencies.ts'
import { freeze } from '../../../src/build/files.ts'

/** Keeps the `.venv` of one slug, puts it into a second one, and prints the first line of a script of each. */
async function main(folder: string): Promise<void> {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  const cached = { key: 'k', keeps: ['.venv'], moved: ['.venv/bin', '.venv/pyvenv.cfg'] }
  const dependencies = dependenciesIn(join(folder, 'dependencies'), null)
  await mkdir(join(one, '.venv/bin'), { recursive: true })
  await mkdir(two)
  await writeFile(join(one, '.venv/bin/gunicorn'), `#!${one}/.venv/bin/python\n`, { mode: 0o755 })
  const taken = await dependencies.take(cached, one, 'link')
  if (taken !== null) await dependencies.keep(taken)
  // As the end of its build does.
  await freeze(one, null)

  if (!(await dependencies.restore(cached, two, false))) throw new Error('Nothing was kept.')

  for (const slug of [one, two])
    process.stdout.write(await readFile(join(slug, '.venv/bin/gunicorn'), 'utf8'))
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${error}\n`)
  process.exit(1)
})
