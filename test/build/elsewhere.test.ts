import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultBuild } from '../../src/model/spec.ts'
import { type Bench, makeBench, removeStaticServer } from './bench.ts'

afterAll(removeStaticServer)

const pointer = [
  'version https://git-lfs.github.com/spec/v1',
  'oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393',
  'size 12345',
  '',
].join('\n')

describe('files that a commit only points to', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await makeBench(null, null)
    await bench.write('index.html', 'page')
  })
  afterEach(() => bench.remove())

  test('in a submodule are refused before anything is built', async () => {
    bench.commit()
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: bench.source })
      .toString()
      .trim()
    // As `git submodule add` leaves it.
    const git = (...args: string[]) => execFileSync('git', args, { cwd: bench.source })
    git('update-index', '--add', '--cacheinfo', `160000,${commit},vendor/theme`)
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'with a submodule')
    await bench.write('.keep', '')
    const built = bench.build({ commit: false })
    await expect(built).rejects.toMatchObject({
      code: 'build.submodules',
      facts: { paths: ['vendor/theme'] },
    })
    await bench.write('site/index.html', 'page')
    git('add', 'site')
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '-m', 'a site beside it')
    const spec = { build: { ...defaultBuild, folder: 'site' } }
    expect((await bench.build({ commit: false, spec })).reused).toBe(false)
  })

  test('in Git LFS are refused, with their names', async () => {
    await bench.write(
      '.gitattributes',
      '*.mp4 filter=lfs diff=lfs merge=lfs -text\n# *.html filter=lfs\n',
    )
    await bench.write('films/.gitattributes', '/raw/** filter=lfs\n')
    await bench.write('films/intro.mp4', pointer)
    await bench.write('films/raw/a b.bin', pointer)
    await bench.write('films/other.bin', pointer)
    await expect(bench.build()).rejects.toMatchObject({
      code: 'build.lfs',
      facts: { paths: ['films/intro.mp4', 'films/raw/a b.bin'] },
    })
  })

  test('that Git LFS could keep but does not are built', async () => {
    await bench.write('.gitattributes', '*.mp4 filter=lfs diff=lfs merge=lfs -text\n')
    await bench.write('intro.mp4', 'a film')
    expect((await bench.build()).artifact.folder).toContain(join(bench.folder, 'slugs'))
  })
})
