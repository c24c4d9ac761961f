import { expect, test } from 'vitest'
import { inKorean } from '../../src/contract/words/korean/phrases.ts'
import { inlineTexts } from './inline-words.ts'
import { sourcesIn } from './sources.ts'

/** Texts that stay where they are: what programs read, by file, each with the reason. */
const allowed: Readonly<Record<string, string>> = {
  'src/cli/boot/launchd.ts': 'a file that launchd reads',
  'src/cli/completion/script.ts': 'scripts that shells read',
}

const allowedTexts: Readonly<Record<string, string>> = {
  "curl -H 'Host: …' …": 'a command to type',
  'Basic realm="Naru"': 'a header',
  'Request Header Fields Too Large': 'the status line of HTTP',
  'Bad Request': 'the status line of HTTP',
  'Server-sent events named …; this is their data': 'the description of the API, for programmers',
  'connection: close': 'a header',
  'no-store, no-transform': 'a header',
}

/** A program's name with its version or a command of it, headers with a media type, frames of a stream. */
const forPrograms =
  /^(?:[Nn]aru|git) …|^[\w-]+: …$|[a-z]+\/[a-z-]+; charset=|^id: …|^\n…\n {2}\$ naru/

/** The same of the builds, by file or by text. */
const allowedInBuilds: Readonly<Record<string, string>> = {
  'src/build/static/site.ts': 'what the static server, a program of its own, answers',
  'version https://git-lfs.github.com/spec/': 'how a pointer of Git LFS begins',
  'Spring Boot': 'a name',
  'no scripts': 'a part of a fact, which is known with it',
  'scripts: …': 'a part of a fact, which is known with it',
  'web: COMMAND': 'a line to type',
  'NAME: COMMAND': 'a line to type',
}

/** Commands that a build runs, and those that start an app. */
const ofCommands =
  /\$(?:HOME|HOST|PORT|@)|(?:^| )(?:-m|--frozen|-jar) |^(?:node|mvn|sh \.\/mvnw) …$/

const inFolder = (folder: string) => sourcesIn(folder, '.ts').flatMap(inlineTexts)
const texts = [...inFolder('src/cli'), ...inFolder('src/server')]
// A Dockerfile is no sentence.
const buildTexts = inFolder('src/build').filter(
  ({ path }) => path !== 'src/build/image/dockerfile.ts',
)

test('the look at the sources finds texts', () => {
  const seen = inlineTexts({
    path: 'a.ts',
    lines: [],
    text: [
      "out('no apps yet')",
      'err(`$' + '{app} is gone`)',
      "const hint = found ? 'it is there' : 'git push naru main'",
      "throw new Error('a bug of ours')",
      "log.warn('a line of the log')",
      "define(naru, { usage: 'do it', examples: ['naru do it now'] })",
    ].join('\n'),
  })
  expect(seen.map(({ text }) => text)).toEqual(['no apps yet', '… is gone', 'it is there'])
})

test('no sentence for people stands in the command line or the server: the catalogue has them all', () => {
  const astray = texts.filter(
    ({ path, text }) =>
      !Object.hasOwn(allowed, path) &&
      !Object.hasOwn(allowedTexts, text) &&
      !forPrograms.test(text) &&
      !isFact(text),
  )
  expect(astray.map(({ path, line, text }) => `${path}:${line} ${text}`)).toEqual([])
})

test('no sentence for people stands in the builds: their logs hold codes and facts', () => {
  const astray = buildTexts.filter(
    ({ path, text }) =>
      !Object.hasOwn(allowedInBuilds, path) &&
      !Object.hasOwn(allowedInBuilds, text) &&
      !ofCommands.test(text) &&
      !isFact(text),
  )
  expect(astray.map(({ path, line, text }) => `${path}:${line} ${text}`)).toEqual([])
})

test('what is allowed to stay is there', () => {
  const there = new Set([...texts, ...buildTexts].flatMap(({ path, text }) => [path, text]))
  const gone = [allowed, allowedTexts, allowedInBuilds]
    .flatMap(Object.keys)
    .filter((key) => !there.has(key))
  expect(gone).toEqual([])
})

/** A fact of an error, which the catalogue of every other language knows by its English text. */
function isFact(text: string): boolean {
  const filled = text.replaceAll('…', '3')
  return inKorean(filled) !== filled
}
