import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { afterAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { Daemon } from '../../src/engine/docker/daemon.ts'
import { DockerImages } from '../../src/engine/docker/images/docker-images.ts'
import { ImageBuildError, type ImageProgress, type ImageWish } from '../../src/engine/images.ts'
import { baseImages, docker, freshServer, removeAllOf, whereDocker } from '../support/docker.ts'
import { until } from './until.ts'

const debian = `FROM ${baseImages.debian}\n`

describe('images of a Docker Engine', whereDocker, () => {
  const server = freshServer()
  let builds = 0
  afterAll(() => removeAllOf(server))

  const contextOf = (files: Record<string, string>): Readable => {
    const tar = pack()
    for (const [name, text] of Object.entries(files)) tar.entry({ name }, text)
    tar.finalize()
    return Readable.from(tar)
  }

  /** Builds, and gives the image and what was told of it. */
  async function build(
    files: Record<string, string>,
    more: Partial<ImageWish> = {},
    signal = new AbortController().signal,
  ) {
    const images = new DockerImages(await Daemon.open(), server)
    const told: ImageProgress[] = []
    builds += 1
    const built = images.build(
      {
        app: 'shop',
        build: builds,
        context: contextOf(files),
        dockerfile: 'Dockerfile',
        args: {},
        fetches: false,
        secrets: {},
        loginAt: async () => null,
        progress: async (event) => void told.push(event),
        ...more,
      },
      signal,
    )
    return { images, told, built }
  }

  const outputOf = (told: ImageProgress[]): string =>
    told.map((event) => (event.is === 'output' ? event.chunk.toString() : '')).join('')

  it('are built, tell what each instruction does, and carry the server’s label', async () => {
    const Dockerfile = `${debian}WORKDIR /app\nCOPY . .\nRUN : ${server}; cat hello && echo done at $(date +%N)\n`
    const { images, told, built } = await build({ Dockerfile, hello: 'hello\n' })
    const { id } = await built
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(outputOf(told)).toMatch(/hello\ndone at \d+/)
    const steps = told.filter(({ is }) => is === 'done').map(({ step }) => step)
    expect(steps).toContainEqual(expect.stringContaining('cat hello'))
    for (const { is, step } of told)
      if (is === 'begun')
        expect(told.filter((one) => one.step === step && one.is === 'begun')).toHaveLength(1)
    const { Config, RepoTags } = await docker.getImage(id).inspect()
    expect(Config.Labels).toMatchObject({ 'naru.server': server, 'naru.app': 'shop' })
    expect(RepoTags).toEqual([`naru/${server}/shop:${builds}`])
    expect(await images.has(id)).toBe(true)
    expect(await images.has(`sha256:${'0'.repeat(64)}`)).toBe(false)
  })

  it('are the same for the same files, from the cache', async () => {
    const files = { Dockerfile: `${debian}COPY a .\nRUN sleep 0.2; date > date\n`, a: 'a' }
    const first = await (await build(files)).built
    const again = await build(files)
    expect(await again.built).toEqual(first)
    const runs = again.told.filter(({ is, step }) => is === 'done' && step.includes('RUN'))
    expect(runs).toMatchObject([{ cached: true }])
  })

  it('are built of one stage, with arguments', async () => {
    const Dockerfile = `${debian.trim()} AS one\nARG WHO\nRUN : ${server}; echo I am $WHO\nFROM one\nRUN exit 1\n`
    const { told, built } = await build({ Dockerfile }, { target: 'one', args: { WHO: 'Ada' } })
    await built
    expect(outputOf(told)).toContain('I am Ada')
  })

  it('may read secrets while they are built, which are in no layer and no log of the daemon', async () => {
    const secret = `s${freshServer()}`
    const large = 'x'.repeat(300_000)
    const Dockerfile = `${debian}RUN --mount=type=secret,id=TOKEN : ${server}; sha256sum /run/secrets/TOKEN
RUN --mount=type=secret,id=LARGE : ${server}; wc -c < /run/secrets/LARGE
RUN --mount=type=secret,id=OTHER : ${server}; ls /run/secrets/OTHER 2>&1 | cat
RUN ls /run/secrets 2>&1 | cat; echo 'not there'
`
    const { told, built } = await build(
      { Dockerfile },
      { secrets: { TOKEN: new Secret(secret), LARGE: new Secret(large) } },
    )
    const { id } = await built
    expect(outputOf(told)).toContain(createHash('sha256').update(secret).digest('hex'))
    expect(outputOf(told)).toContain('300000')
    expect(outputOf(told)).toMatch(/OTHER.*No such file/)
    expect(JSON.stringify(await docker.getImage(id).history())).not.toContain(large.slice(0, 100))
  })

  it('fail where a secret is required that there is not', async () => {
    const Dockerfile = `${debian}RUN --mount=type=secret,id=MISSING,required=true true
`
    const { built } = await build({ Dockerfile }, { secrets: { OTHER: new Secret('other') } })
    await expect(built).rejects.toThrow(/MISSING/)
  })

  it('fail with the instruction that failed, its exit code and what it said', async () => {
    const Dockerfile = `${debian}RUN echo before; exit 3\nRUN true\n`
    const { told, built } = await build({ Dockerfile })
    await expect(built).rejects.toThrow(ImageBuildError)
    expect(outputOf(told)).toContain('before')
    expect(told.filter(({ is }) => is === 'failed')).toMatchObject([
      { step: expect.stringContaining('exit 3'), reason: expect.stringContaining('exit code: 3') },
    ])
  })

  it.each([
    ['an instruction that there is not', 'FROM debian:bookworm-slim\nCOPPY . .\n', /COPPY/i],
    ['no instruction at all', '\n', /no instructions|empty/i],
    ['a file that is not there', 'FROM debian:bookworm-slim\nCOPY missing .\n', /missing/],
    ['a stage that is not there', 'FROM debian:bookworm-slim\nCOPY --from=7 / .\n', /7/],
  ])('fail with the reason for %s', async (_, Dockerfile, reason) => {
    const { built } = await build({ Dockerfile })
    await expect(built).rejects.toThrow(reason)
  })

  it('fail when the context does', async () => {
    const context = new Readable({ read() {} })
    context.push(Buffer.alloc(10))
    setImmediate(() => context.destroy(new Error('git failed')))
    const { built } = await build({}, { context })
    await expect(built).rejects.toThrow('git failed')
  })

  it('end with their signal while the context is still read', async () => {
    const context = new Readable({ read() {} })
    context.push(Buffer.alloc(10))
    const stop = new AbortController()
    const { built } = await build({}, { context }, stop.signal)
    const ended = expect(built).rejects.toThrow('enough')
    setTimeout(() => stop.abort(new Error('enough')), 200)
    await ended
    expect(context.destroyed).toBe(true)
  })

  it('end with their signal, and nothing of them runs on', async () => {
    const mark = `sleep 61.${process.pid}`
    const stop = new AbortController()
    const { told, built } = await build({ Dockerfile: `${debian}RUN ${mark}\n` }, {}, stop.signal)
    const ended = expect(built).rejects.toThrow('enough')
    await until('the step to begin', () => told.some(({ step }) => step.includes(mark)))
    stop.abort(new Error('enough'))
    await ended
    await until('the step to end', async () => !(await runs(mark)))
  })

  it('run a command in a container that is gone afterwards', async () => {
    const { images, built } = await build({ Dockerfile: `${debian}ENV A=1\n` })
    const { id } = await built
    const said: string[] = []
    const step = {
      app: 'shop',
      build: 1,
      image: id,
      command: 'echo $A $B; echo problem >&2; exit 4',
      environment: { B: '2' },
      output: async (chunk: Buffer) => void said.push(chunk.toString()),
    }
    expect(await images.run(step, new AbortController().signal)).toEqual({ exitCode: 4 })
    expect(said.join('').split('\n').sort()).toEqual(['', '1 2', 'problem'])
    const stop = new AbortController()
    const running = images.run({ ...step, command: 'echo here; sleep 60' }, stop.signal)
    const ended = expect(running).rejects.toThrow('enough')
    await until('it to speak', () => said.join('').includes('here'))
    stop.abort(new Error('enough'))
    await ended
    const filters = { label: [`naru.server=${server}`] }
    expect(await docker.listContainers({ all: true, filters })).toEqual([])
  })
})

async function runs(mark: string): Promise<boolean> {
  const { processes, commandOf } = await import('../support/naru.ts')
  return processes().some((pid) => commandOf(pid).replaceAll('\0', ' ').includes(mark))
}
