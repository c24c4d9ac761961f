import { describe, expect, it } from 'vitest'
import { findImagePlan } from '../../../src/build/image/image-plan.ts'
import { defaultSpec } from '../../../src/model/spec.ts'
import { parseSpec } from '../../../src/model/spec-file.ts'
import { appFiles, folderSource } from '../../support/fixture-apps.ts'

/** One of each kind of project; what is made for each is in `golden/`. */
const apps = [
  'command',
  'django',
  'fastapi',
  'go',
  'java-maven',
  'monorepo',
  'node-build',
  'node-npm',
  'node-plain',
  'procfile',
  'python-requirements',
  'rust',
  'static-public',
  'static-root',
  'vite',
]

async function dockerfileOf(app: string, more = {}): Promise<string> {
  const text = appFiles(app)['naru.yaml']
  const spec = text === undefined ? defaultSpec : parseSpec(text, { file: 'naru.yaml' })
  const build = { ...spec.build, ...more }
  const { generated } = await findImagePlan(folderSource(app), { ...spec, build })
  return generated ?? ''
}

describe('the Dockerfile that is made', () => {
  it.each(apps)('for %s', async (app) => {
    await expect(await dockerfileOf(app)).toMatchFileSnapshot(`golden/${app}.Dockerfile`)
  })

  it('has the packages of Debian that naru.yaml names, in both stages', async () => {
    const text = await dockerfileOf('node-plain', { packages: ['libvips42', 'ffmpeg'] })
    expect(text.match(/apt-get install -y --no-install-recommends libvips42 ffmpeg/g)).toHaveLength(
      2,
    )
  })

  it('trusts whom this machine trusts while it fetches, and keeps nothing of it', async () => {
    const host = {
      NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/company.pem',
      HTTPS_PROXY: 'http://proxy:8',
    }
    const plan = await findImagePlan(folderSource('node-npm'), defaultSpec, host)
    expect(plan).toMatchObject({
      authorities: '/etc/ssl/certs/company.pem',
      args: { HTTPS_PROXY: 'http://proxy:8' },
    })
    await expect(plan.generated).toMatchFileSnapshot('golden/node-npm-company.Dockerfile')
  })

  it('begins with images of a mirror, where this machine has one', async () => {
    const host = { NARU_IMAGE_MIRROR: 'registry.example.com/hub/' }
    const { generated, reasons } = await findImagePlan(folderSource('go'), defaultSpec, host)
    const bases = [...(generated ?? '').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
    expect(bases).toEqual([
      'registry.example.com/hub/golang:1.23-bookworm',
      'registry.example.com/hub/debian:bookworm-slim',
    ])
    expect(reasons).toContainEqual({ is: 'base-images', build: bases[0], run: bases[1] })
  })

  it('is none where the commit has one', async () => {
    const source = folderSource('node-plain')
    const withOwn = {
      listFiles: async () => [
        ...(await source.listFiles()),
        { path: 'Dockerfile', kind: 'file' as const },
      ],
      readFile: async (path: string) =>
        path === 'Dockerfile' ? 'FROM x\n' : source.readFile(path),
    }
    expect(await findImagePlan(withOwn, defaultSpec)).toMatchObject({
      generated: null,
      dockerfile: 'Dockerfile',
      services: { web: [] },
    })
  })

  /** In the manner of hadolint, each with what it would say. */
  describe.each(apps)('for %s keeps the rules:', (app) => {
    it('every base is pinned to a version', async () => {
      const bases = [...(await dockerfileOf(app)).matchAll(/^FROM (\S+)/gm)].map(([, name]) => name)
      expect(bases.length).toBeGreaterThan(0)
      for (const base of bases) expect(base).toMatch(/^[\w./-]+:(?!latest)[\w.-]+$/)
    })

    it('it runs as nobody', async () => {
      const last = (await dockerfileOf(app)).split(/^FROM /m).at(-1) ?? ''
      const [, user] = /^USER (\S+)$/m.exec(last) ?? []
      expect(Number(user)).toBeGreaterThan(0)
    })

    it('nothing is fetched by ADD, nothing of apt’s stays, and the start is a list', async () => {
      const text = await dockerfileOf(app)
      expect(text).not.toMatch(/^ADD /m)
      for (const [line] of text.matchAll(/^.*apt-get update.*$/gm))
        expect(text.slice(0, text.indexOf(line))).toContain(
          '--mount=type=cache,target=/var/lib/apt/lists',
        )
      for (const [, start] of text.matchAll(/^(?:CMD|ENTRYPOINT) (.*)$/gm))
        expect(JSON.parse(start ?? '')).toBeInstanceOf(Array)
    })
  })
})
