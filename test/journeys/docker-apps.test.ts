import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { whereDocker } from '../support/docker.ts'
import { appFolder } from '../support/fixture-apps.ts'
import { Naru } from '../support/naru.ts'

const quick = 'services:\n  web: { healthy-for: 200ms, healthy-within: 60s, settle: 500ms }\n'

/** Kinds of project whose base images are there wherever these tests run, and what each answers. */
const apps: [name: string, answers: RegExp][] = [
  ['node-npm', /Hello from/],
  ['node-build', /Hello from/],
  ['node-plain', /release 1/],
  ['vite', /<html/i],
  ['static-root', /At the root/],
  ['static-public', /In public/],
  ['procfile', /Hello from procfile/],
  ['monorepo', /Hello from/],
  ['python-requirements', /Hello from/],
  ['fastapi', /Hello from/],
  ['django', /Hello from/],
]

describe('a repository without a Dockerfile, on the docker engine', whereDocker, () => {
  let naru: Naru
  beforeAll(async () => {
    naru = await Naru.started({}, 'docker')
  })
  afterAll(() => naru?.close())

  it.each(apps)(
    '%s is built by one that is made for it, runs as nobody, and answers',
    async (name, answers) => {
      const repository = await naru.repository(name, {})
      cpSync(appFolder(name), repository.folder, { recursive: true })
      const file = join(repository.folder, 'naru.yaml')
      const own = existsSync(file) ? readFileSync(file, 'utf8') : ''
      if (name !== 'procfile') writeFileSync(file, `${own}${quick}`)
      await repository.commit({})
      const { output } = await repository.push()
      expect(output).toContain('live at')
      expect((await naru.visit(name)).body).toMatch(answers)
      const { instances } = await naru.status(name)
      const status = readFileSync(`/proc/${instances[0]?.pid}/status`, 'utf8')
      // The first process of a container is the daemon's own; it starts the program as the image's user.
      expect(status).toMatch(/^Uid:\s+10001/m)
    },
  )
})
