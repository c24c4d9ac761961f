import { access, lstat, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { addedSince, listFolders } from '../../src/build/listing.ts'
import { accounts, type Bench, makeBench, removeStaticServer } from './bench.ts'

afterAll(removeStaticServer)

describe.each(accounts())('what a build installs before further steps, %s', (_title, runAs) => {
  let bench: Bench
  afterEach(() => bench.remove())

  const setUp = async (build: string, pipeline?: string): Promise<void> => {
    bench = await makeBench('node-build', runAs)
    await bench.write(
      'build.js',
      `const fs = require('fs')\nfs.mkdirSync('dist', { recursive: true })\n${build}`,
    )
    if (pipeline !== undefined) await bench.write('check.js', pipeline)
  }
  const kept = () => bench.workshop.folders.dependencies
  /** The only key that there is. */
  const keyFolder = async () =>
    join(kept(), (await readdir(kept())).find((name) => !name.includes('.')) ?? 'none')
  const change = (text: string) => bench.write('text.txt', text)
  const fromCache = async () =>
    (await bench.log()).some((line) => line.startsWith('install  from cache'))
  const isThere = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    )
  const number = 'node_modules/is-number/index.js'

  test('is kept whole where they leave it alone, what only the build needs with it', async () => {
    await setUp('')
    const { artifact } = await bench.build()
    const files = join(await keyFolder(), 'files')
    expect(await readdir(join(files, 'node_modules'))).toContain('is-odd')
    expect(await isThere(join(artifact.folder, 'node_modules/is-odd'))).toBe(false)
    // One copy of it on the disk: the artifact has second names of the same files.
    expect((await stat(join(files, number))).ino).toBe(
      (await stat(join(artifact.folder, number))).ino,
    )
    await change('two')
    await bench.build()
    expect(await fromCache()).toBe(true)
  })

  test('is kept without what they add to it, which their own artifact has', async () => {
    await setUp(
      "fs.mkdirSync('node_modules/.cache/deep', { recursive: true }); fs.writeFileSync('node_modules/.cache/deep/a', 'a')",
    )
    const { artifact } = await bench.build()
    expect(await readFile(join(artifact.folder, 'node_modules/.cache/deep/a'), 'utf8')).toBe('a')
    expect(await readdir(join(await keyFolder(), 'files/node_modules'))).not.toContain('.cache')
  })

  test.each([
    ['write to a file', `fs.appendFileSync('${number}', 'changed')`],
    [
      'write to a file and set its times back',
      `const { atime, mtime } = fs.statSync('${number}'); const text = fs.readFileSync('${number}', 'latin1'); fs.writeFileSync('${number}', text.toUpperCase()); fs.utimesSync('${number}', atime, mtime)`,
    ],
    [
      'replace a file',
      `fs.renameSync('package.json', 'other'); fs.copyFileSync('other', 'package.json'); fs.copyFileSync('${number}', 'copy'); fs.renameSync('copy', '${number}')`,
    ],
    ['remove a file', `fs.rmSync('${number}')`],
    ['change who may read it', `fs.chmodSync('${number}', 0o600)`],
    [
      'put a link in the place of a folder',
      "fs.renameSync('node_modules/is-number', 'was'); fs.symlinkSync('../was', 'node_modules/is-number')",
    ],
    ['remove all of it', "fs.rmSync('node_modules', { recursive: true })"],
  ])(
    'is never kept as it is where they %s, and from the next build on it is copied first',
    async (_what, build) => {
      await setUp(build)
      const original = await readFile(join(bench.source, 'package.json'), 'utf8')
      const first = await bench.build()
      expect((await readdir(kept())).filter((name) => !name.endsWith('.changed'))).toEqual([])
      await change('two')
      await bench.build()
      expect(await fromCache()).toBe(false)
      await change('three')
      await bench.build()
      expect(await fromCache()).toBe(true)
      expect(await readFile(join(await keyFolder(), 'files', number), 'utf8')).toContain(
        'typeof num',
      )
      expect(original).toContain('is-number')
      expect(await isThere(first.artifact.folder)).toBe(true)
    },
  )

  test('is kept of a build that failed after it, so that the mended one need not install again', async () => {
    await setUp('process.exit(fs.existsSync("mended") ? 0 : 4)')
    await expect(bench.build()).rejects.toThrow('build.step-failed')
    expect(await readdir(bench.workshop.folders.slugs)).toEqual([])
    await bench.write('mended', '')
    const { artifact } = await bench.build()
    expect(await fromCache()).toBe(true)
    expect(await isThere(join(artifact.folder, number))).toBe(true)
  })

  test('is not kept of a build that failed and changed it', async () => {
    await setUp(`fs.appendFileSync('${number}', 'changed'); process.exit(4)`)
    await expect(bench.build()).rejects.toThrow('build.step-failed')
    expect((await readdir(kept())).filter((name) => !name.endsWith('.changed'))).toEqual([])
  })

  test('lies ready for the next build as a copy, and goes back when they left it alone', async () => {
    await setUp("fs.writeFileSync('node_modules/added-' + fs.readFileSync('text.txt'), '')")
    await change('one')
    await bench.build()
    const [files, spare] = [join(await keyFolder(), 'files'), join(await keyFolder(), 'spare')]
    const inodeIn = async (folder: string) => (await stat(join(folder, number))).ino
    const lent = await inodeIn(spare)
    for (const text of ['two', 'three']) {
      await change(text)
      const { artifact } = await bench.build()
      expect(await inodeIn(spare)).toBe(lent)
      // No file of the artifact can be written to by the next build.
      expect(await inodeIn(artifact.folder)).toBe(await inodeIn(files))
      const { mode, uid } = await lstat(join(artifact.folder, number))
      expect([mode & 0o022, uid]).toEqual([0, 0])
      const names = await readdir(join(artifact.folder, 'node_modules'))
      expect(names.filter((name) => name.startsWith('added'))).toEqual([`added-${text}`])
      expect(names).not.toContain('is-odd')
    }
    expect((await readdir(join(spare, 'node_modules'))).join()).not.toContain('added')
    expect((await readdir(kept())).filter((name) => name.includes('.storing'))).toEqual([])
  })

  test('stays with the build whose steps changed it, and another copy is made', async () => {
    await setUp(`fs.appendFileSync('${number}', '// changed')`)
    for (const text of ['one', 'two', 'three']) {
      await change(text)
      await bench.build()
    }
    const [files, spare] = [join(await keyFolder(), 'files'), join(await keyFolder(), 'spare')]
    const before = await stat(join(spare, number))
    await change('four')
    const { artifact } = await bench.build()
    expect((await stat(join(artifact.folder, number))).ino).toBe(before.ino)
    expect((await stat(join(spare, number))).ino).not.toBe(before.ino)
    expect(await readFile(join(spare, number))).toEqual(await readFile(join(files, number)))
    expect(await readFile(join(artifact.folder, number), 'utf8')).toMatch(/changed$/)
  })

  test('goes back from a build that failed, without what was added', async () => {
    await setUp(
      'fs.existsSync("bad") && (fs.writeFileSync("node_modules/added", ""), process.exit(4))',
    )
    await bench.build()
    const spare = join(await keyFolder(), 'spare')
    const lent = (await stat(join(spare, number))).ino
    await bench.write('bad', '')
    await expect(bench.build()).rejects.toThrow('build.step-failed')
    expect((await stat(join(spare, number))).ino).toBe(lent)
    expect(await readdir(join(spare, 'node_modules'))).not.toContain('added')
  })

  test('is copied by a build that begins before the copy is there', async () => {
    await setUp('')
    await bench.build({ hurry: AbortSignal.abort() })
    expect(await isThere(join(await keyFolder(), 'spare'))).toBe(false)
    await change('two')
    const { artifact } = await bench.build({ hurry: AbortSignal.timeout(5) })
    expect(await fromCache()).toBe(true)
    expect(await isThere(join(artifact.folder, number))).toBe(true)
    expect((await readdir(kept())).filter((name) => name.includes('.storing'))).toEqual([])
  })

  test('is lent to one of two builds at once, and the other has a copy of its own', async () => {
    await setUp(`fs.appendFileSync('${number}', '// ' + fs.readFileSync('text.txt'))`)
    for (const text of ['one', 'two']) {
      await change(text)
      await bench.build()
    }
    const builds: Promise<{ artifact: { folder: string } }>[] = []
    for (const text of ['three', 'four']) {
      await change(text)
      bench.commit()
      builds.push(bench.build({ commit: false }))
      // The commit that is built is read when it begins.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const folders = (await Promise.all(builds)).map(({ artifact }) => artifact.folder)
    const inodes = await Promise.all(
      folders.map(async (folder) => (await stat(join(folder, number))).ino),
    )
    expect(new Set(inodes).size).toBe(new Set(folders).size)
  })
})

describe('a listing of folders', () => {
  let bench: Bench
  afterEach(() => bench.remove())

  test('tells the topmost of what was added, whatever it is called', async () => {
    bench = await makeBench(null, null)
    await bench.write('kept/a', 'a')
    const before = await listFolders(bench.source, ['kept', 'later'])
    await bench.write('kept/new/deep/file', '1')
    await bench.write('kept/tab\tand\nline', '1')
    await bench.write('later/file', '1')
    const after = await listFolders(bench.source, ['kept', 'later'])
    expect(before && after && addedSince(before, after)?.sort()).toEqual([
      'kept/new',
      'kept/tab\tand\nline',
      'later',
    ])
    expect(before && after && addedSince(after, before)).toBeNull()
  })
})
