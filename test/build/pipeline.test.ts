import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cgroupVersion } from '../../src/base/cgroup.ts'
import { stepTimes } from '../../src/build/step-times.ts'
import { type Bench, makeBench, readIn, removeStaticServer } from './bench.ts'

afterAll(removeStaticServer)

const cgroups = await cgroupVersion()

describe('the steps of a pipeline', () => {
  let bench: Bench
  beforeEach(async () => {
    bench = await makeBench(null, null)
    await bench.write(
      'package.json',
      JSON.stringify({ main: 'a.js', scripts: { build: 'echo build >> steps.txt' } }),
    )
    await bench.write('a.js', '')
  })
  afterEach(() => bench.remove())

  test('run after the install and before the build, in their order', async () => {
    const { artifact } = await bench.build({
      spec: {
        pipeline: [
          { name: 'test', command: 'echo test >> steps.txt' },
          { name: 'lint', command: ['sh', '-c', 'echo lint >> steps.txt'] },
        ],
      },
    })
    expect(await readIn(artifact.folder, 'steps.txt')).toBe('test\nlint\nbuild\n')
  })

  test('end the build at the first that fails, with its output, its exit code and its time', async () => {
    const pipeline = [
      { name: 'test', command: 'echo "1 of 3 failed"; exit 4' },
      { name: 'lint', command: 'echo lint' },
    ]
    await expect(bench.build({ spec: { pipeline } })).rejects.toMatchObject({
      code: 'build.step-failed',
      facts: { build: 1, step: 'test', exitCode: 4, signal: null, seconds: expect.any(Number) },
    })
    const log = await bench.log()
    expect(log.slice(-2)).toEqual([
      '  1 of 3 failed',
      expect.stringMatching(
        /^test {2}echo "1 of 3 failed"; exit 4 {2}failed with exit code 4 after \d+\.\d s$/,
      ),
    ])
    expect(log.join('\n')).not.toContain('lint')
  })

  test('fail with 127 when their program is not there', async () => {
    const pipeline = [{ name: 'test', command: ['no-such-program-here', '--x'] as const }]
    await expect(bench.build({ spec: { pipeline: [...pipeline] } })).rejects.toMatchObject({
      code: 'build.step-failed',
      facts: { step: 'test', exitCode: 127 },
    })
    expect((await bench.log()).join('\n')).toContain('no-such-program-here')
  })

  test('make another artifact when they change, since they may write files', async () => {
    const built = async (command: string) =>
      (await bench.build({ spec: { pipeline: [{ name: 'test', command }] } })).artifact.digest
    expect(await built('true')).not.toBe(await built('exit 0'))
    expect(await built('true')).toBe(await built('true'))
  })

  test('come behind the apps for processors and disk, with all that they start', async () => {
    const look = 'sh -c "cut -d\\" \\" -f19 /proc/self/stat; ionice" > urgency.txt'
    const { artifact } = await bench.build({
      spec: { pipeline: [{ name: 'test', command: look }] },
    })
    const [niceness, io] = (await readIn(artifact.folder, 'urgency.txt')).split('\n')
    expect(Number(niceness)).toBeGreaterThanOrEqual(10)
    if (existsSync('/usr/bin/ionice')) expect(io).toBe('idle')
    expect(readFileSync('/proc/self/stat', 'utf8').split(' ')[18]).not.toBe(niceness)
  })

  test.skipIf(cgroups === null)(
    'have a cgroup of their own where that may be, which goes with the build',
    async () => {
      const command = 'sh -c "cat /proc/self/cgroup > group.txt; exit 0"'
      const groups: string[] = []
      for (const end of ['', '; exit 3']) {
        const pipeline = [{ name: 'test', command: `${command}; cat group.txt${end}` }]
        await bench.build({ spec: { pipeline } }).catch(() => {}) // The second one fails, as it should.
        groups.push(/:(\/.*naru-build-\w+)$/m.exec((await bench.log()).join('\n'))?.[1] ?? '')
      }
      expect(new Set(groups).size).toBe(2)
      for (const group of groups) {
        expect(group).toMatch(/naru-build-/)
        const left = spawnSync('find', [
          '/sys/fs/cgroup',
          '-name',
          basename(group),
        ]).stdout.toString()
        expect(left).toBe('')
      }
    },
  )
})

describe('slow steps are named', () => {
  test('when the build took more than ten seconds, slowest first', () => {
    const times = stepTimes()
    times.add('install', 4.9)
    times.add('test', 12.2)
    times.add('build', 0.3)
    expect(times.slowest(20)).toEqual([
      { step: 'test', seconds: 12.2 },
      { step: 'install', seconds: 4.9 },
    ])
    expect(times.slowest(9.9)).toEqual([])
  })
})
