import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Naru, processesOf } from '../support/naru.ts'
import { masked, parseRecording, printRecording, recordAgain } from '../support/recording.ts'
import { noteFailures } from '../support/seen.ts'
import { Shell } from '../support/shell.ts'

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const page = path('docs/first-hour.md')
const sections = parseRecording(readFileSync(page, 'utf8'))
/** `npm run docs:first-hour` writes what is answered now. */
const records = process.env['NARU_RECORD'] === '1'

let naru: Naru
let shell: Shell
let data: string
beforeAll(async () => {
  naru = await Naru.create()
  data = join(naru.home, '.naru')
  writePrograms()
  const { PATH = '', ...environment } = naru.environment()
  shell = new Shell(naru.home, {
    ...environment,
    ...atHome(),
    PATH: `${join(naru.folder, 'bin')}:${PATH}`,
  })
})
afterAll(async () => {
  await shell.close()
  await naru.cli(['down'], { environment: { NARU_DATA: data } }) // A section that fails leaves it up.
  expect(processesOf(data)).toEqual([])
  await naru.close()
})

describe('docs/first-hour.md, typed again', () => {
  for (const [index, section] of sections.entries())
    it(`answers as it is written: ${section.title}`, async () => {
      const now = await recordAgain(section, type)
      if (records) {
        sections[index] = now
        writeFileSync(page, printRecording(sections))
      }
      const why =
        'docs/first-hour.md differs from what is answered now; if that is right: npm run docs:first-hour'
      expect(masked(now), why).toBe(masked(sections[index] ?? section))
    }, 300_000)
})

/** A person of her own, with npm as quiet as it can be. */
const atHome = (): Record<string, string> => ({
  NARU_DATA: data,
  LC_ALL: 'C.UTF-8',
  TZ: 'Asia/Seoul',
  USER: 'ada',
  GIT_CONFIG_NOSYSTEM: '1',
  // So that a commit has the same id in every recording.
  GIT_AUTHOR_DATE: '2026-03-01T12:00:00+0900',
  GIT_COMMITTER_DATE: '2026-03-01T12:00:00+0900',
  npm_config_update_notifier: 'false',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
})

/** Typed as the page has it, with the ports and the home of this run, and answered as the page has it. */
async function type(typed: string): Promise<string> {
  const answer = await shell.type(
    typed.replaceAll(':8080', `:${naru.http}`).replaceAll(':7878', `:${naru.api}`),
  )
  noteFailures(answer)
  return answer
    .replaceAll(`:${naru.http}`, ':8080')
    .replaceAll(`:${naru.api}`, ':7878')
    .replaceAll(naru.home, '/home/ada')
}

/** `naru`, at ports that are free here; and curl, which not every machine has, and which did not always know *.localhost. */
function writePrograms(): void {
  const bin = join(naru.folder, 'bin')
  mkdirSync(bin)
  const ports = `--http=127.0.0.1:${naru.http} --api=127.0.0.1:${naru.api}`
  const start = `exec '${process.execPath}' '${path('dist/cli.cjs')}'`
  const programs = {
    naru: `#!/bin/sh\nif test "$*" = up; then ${start} up ${ports}; fi\n${start} "$@"\n`,
    curl: `#!${process.execPath}\n${curl}`,
  }
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(bin, name), text, { mode: 0o755 })
}

const curl = `
const { hostname, host, port, pathname } = new URL(process.argv[2])
require('node:http')
  .get({ host: '127.0.0.1', port, path: pathname, headers: { host } }, (answer) => answer.pipe(process.stdout))
  .on('error', ({ message }) => console.log('curl: (7) ' + hostname + ': ' + message))
`
