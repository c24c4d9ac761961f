import type {
  ExpectedFacts,
  FoundFacts,
  SpecExpected,
  SpecFound,
  SpecMistake,
  SpecNoun,
  YamlComplaint,
} from '../../../base/spec-mistake.ts'
import { quoted } from '../text.ts'

/** One line: where, what was found, what was expected and what was probably meant. */
export function sayMistake(file: string, mistake: SpecMistake): string {
  const { line, column, path, nearest } = mistake
  const where = `${file}:${line}:${column}${path === '' ? '' : ` ${path}`}`
  const standing = sayFound(mistake.found)
  if (mistake.expected.is === 'later') return `${where}: ${standing} is not in this version`
  const meant = nearest === undefined ? '' : `; did you mean ${quoted(nearest)}?`
  return `${where}: found ${standing}, expected ${sayExpected(mistake.expected)}${meant}`
}

function sayFound(facts: SpecFound): string {
  const say = found[facts.is] as (facts: SpecFound) => string
  return say(facts)
}

function sayExpected(facts: SpecExpected): string {
  const say = expected[facts.is] as (facts: SpecExpected) => string
  return say(facts)
}

const nouns: Record<SpecNoun, string> = {
  service: 'service',
  route: 'route',
  job: 'job',
  step: 'step',
  environment: 'environment',
  setting: 'setting',
  secret: 'secret',
  word: 'word',
  volume: 'volume',
  package: 'package',
}

const values = { nothing: 'nothing', list: 'a list', mapping: 'a mapping', alias: 'an alias' }

const found: { [C in keyof FoundFacts]: (facts: FoundFacts[C]) => string } = {
  text: ({ shown }) => shown,
  nothing: () => values.nothing,
  list: () => values.list,
  mapping: () => values.mapping,
  alias: () => values.alias,
  hidden: () => 'something else',
  'hidden-name': () => 'no name',
  'empty-list': () => 'an empty list',
  key: ({ shown }) => `the key ${shown}`,
  'key-again': ({ shown }) => `the key ${shown} a second time`,
  'as-key': ({ what }) => `${values[what]} as a key`,
  named: ({ what, shown }) => `the ${nouns[what]} ${shown}`,
  'without-command': ({ name }) => `${name} without a command`,
  'too-many': ({ what, count }) => `${count} ${nouns[what]}s`,
  variable: ({ shown }) => `the name ${shown}`,
  'no-service': () => 'a route without a service',
  'same-route': ({ line }) => `the host and path of the route on line ${line}`,
  'same-branch': ({ environment, line }) => `the branch of ${environment} on line ${line}`,
  'health-times': ({ withinSeconds, forSeconds }) =>
    `healthy-within ${withinSeconds}s and healthy-for ${forSeconds}s`,
  wildcard: ({ shown }) => `the wildcard ${shown}`,
  'long-text': () => 'a longer text',
  'unprintable-text': () => 'a character that no program can be given',
  'named-alias': ({ shown }) => `the alias ${shown}`,
  tag: ({ shown }) => `the tag ${shown}`,
  character: ({ code }) => `the character ${code}`,
  'not-utf8': () => 'a byte that is not UTF-8',
  'big-file': ({ limitKiB }) => `a file of more than ${limitKiB} KiB`,
  'big-written-out': ({ limitKiB }) =>
    `a file of more than ${limitKiB} KiB with its aliases written out`,
  deep: ({ levels }) => `more than ${levels} levels of nesting`,
  'second-document': () => 'a second document',
  'more-mistakes': ({ count }) => `${count} more mistake${count === 1 ? '' : 's'}`,
  yaml: ({ complaint }) => complaints[complaint].found,
}

const oneOf = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? 'no keys') : `one of ${names.join(', ')}`

const expected: { [C in keyof ExpectedFacts]: (facts: ExpectedFacts[C]) => string } = {
  later: () => 'nothing: it is not in this version',
  'one-of': ({ names }) => oneOf(names),
  home: ({ path }) => `it as ${path}`,
  mapping: ({ example }) => `keys with values, such as ${example}`,
  list: ({ example }) => `a list, such as ${example}`,
  step: ({ example }) => `the name of a step and its command, such as ${example}`,
  'own-step': () => 'one step in each item of the list',
  'at-least-one': ({ what, example }) => `at least one ${nouns[what]}, such as ${example}`,
  'at-most': ({ count }) => `at most ${count}`,
  label: () => 'a name of lower-case letters, digits and dashes, a letter first, at most 40',
  'this-app': ({ app }) => `${quoted(app)}, the app that was pushed to`,
  service: ({ names }) =>
    names.length > 0 ? `the name of a service: ${oneOf(names)}` : 'the name of a service',
  'command-of': ({ what }) =>
    what === 'service' ? 'a command: only web may leave it out' : 'a command',
  command: () => 'a command: a text, or a list of a program and its arguments',
  text: () => 'a text that is not empty',
  'any-text': () => 'a text (quotes make one of anything, and "" is the empty one)',
  'printable-text': () => 'printable text',
  'short-text': ({ limit }) => `at most ${limit}`,
  'whole-number': ({ least, most }) => `a whole number from ${least} to ${most}`,
  number: ({ least, most }) => `a number from ${least} to ${most}`,
  duration: () => 'a duration with its unit, such as 30s, 500ms or 2m',
  'at-least-duration': ({ bound }) => `at least ${bound}`,
  'at-most-duration': ({ bound }) => `at most ${bound}`,
  size: () => 'a size with its unit, such as 500KB, 100MB or 2GB',
  'at-most-size': ({ limit }) => `at most ${limit}`,
  'at-least-size': ({ limit }) => `at least ${limit}`,
  'volume-path': () => 'an absolute path in the container, such as /data, without .. in it',
  'package-name': () => 'the name of a package of Debian, such as ffmpeg',
  'image-reference': () => 'an image, such as ghcr.io/team/shop:1.2',
  'no-build-with-image': () => 'no build, since image names one that is made elsewhere',
  'stage-name': () => 'the name of a stage of the Dockerfile, such as runtime',
  'recreate-for-volumes': ({ service }) =>
    `recreate: a volume of ${service} may have one writer at a time`,
  'healthy-within-longer': () => 'healthy-within to be the longer one',
  'request-path': () => 'a path that begins with /',
  'route-path': () => 'a path that begins with /, without ?, #, // or a .. segment',
  host: () => 'a host name without scheme, port or path, such as shop.example.com',
  'folder-path': () => 'a folder inside the repository, such as apps/web, without .. in it',
  branch: () => 'the name of a branch, such as main',
  'another-branch': () => 'a branch that no other environment deploys',
  'another-route': () => 'another host or path',
  'another-name': () => 'another name: Naru itself has a step that is called so',
  'not-naru-name': () => 'another name: Naru sets this one itself',
  'overlap-without-route': () =>
    'it only on a service without a route: this one would stop answering',
  'variable-name': () => 'a name of letters, digits and underscores, no digit first, at most 128',
  'secret-name': () => 'the name of a secret',
  'secret-names': () => 'a list of names, such as [SESSION_KEY]; naru secret set gives them values',
  'not-a-setting': () => 'a name that is not among the settings too',
  'not-a-secret': () => 'a name that is not among the secrets too',
  once: () => 'each name once',
  'once-as-on': ({ line }) => `it only once, as on line ${line}`,
  'key-name': () => 'a name',
  'anchor-before': () => 'an anchor of that name before it',
  'no-tags': () => 'no tags: types are known',
  utf8: () => 'printable text in UTF-8',
  fewer: () => 'fewer',
  'smaller-file': () => 'a smaller one',
  'one-document': () => 'one document in the file',
  'corrected-first': () => 'these to be corrected first',
  yaml: ({ complaint, bracket }) =>
    complaint === 'UNCLOSED' ? `a closing ${bracket ?? '"'}` : complaints[complaint].expected,
}

const complaints: Record<YamlComplaint, { found: string; expected: string }> = {
  ALIAS_PROPS: { found: 'an alias with an anchor or a tag', expected: 'the alias alone' },
  BAD_ALIAS: {
    found: 'an alias without a name',
    expected: 'quotes around a text that begins with *',
  },
  BAD_COLLECTION_TYPE: { found: 'a tag that does not fit', expected: 'no tags: types are known' },
  BAD_DIRECTIVE: { found: 'a % directive', expected: 'no directives' },
  BAD_DQ_ESCAPE: {
    found: 'an unknown \\ escape',
    expected: "\\\\ for a backslash, or single quotes ('…')",
  },
  BAD_INDENT: {
    found: 'a line that is indented differently',
    expected: 'the same indentation as its neighbours',
  },
  BAD_PROP_ORDER: {
    found: 'an anchor or a tag in the wrong place',
    expected: 'it right before its value',
  },
  BAD_SCALAR_START: {
    found: 'a text that begins with a reserved character',
    expected: 'quotes around it',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    found: 'a second ": " in one line',
    expected: 'quotes around the text, or the key on a line of its own',
  },
  BLOCK_IN_FLOW: {
    found: 'an indented block inside { } or [ ]',
    expected: 'one style: brackets or indentation',
  },
  DUPLICATE_KEY: { found: 'a key a second time', expected: 'each key once' },
  IMPOSSIBLE: { found: 'what is not YAML', expected: 'valid YAML' },
  KEY_OVER_1024_CHARS: { found: 'a key of more than 1,024 characters', expected: 'a name' },
  MISSING_CHAR: { found: 'a line without a ":"', expected: 'key: value' },
  MULTILINE_IMPLICIT_KEY: { found: 'a line without a ":"', expected: 'key: value' },
  MULTIPLE_ANCHORS: { found: 'a second anchor', expected: 'one at most' },
  MULTIPLE_DOCS: { found: 'a second document', expected: 'one document in the file' },
  MULTIPLE_TAGS: { found: 'a second tag', expected: 'no tags: types are known' },
  NON_STRING_KEY: { found: 'a key that is no text', expected: 'a name' },
  RESOURCE_EXHAUSTION: { found: 'more than can be read', expected: 'a smaller file' },
  TAB_AS_INDENT: { found: 'a tab as indentation', expected: 'spaces' },
  TAG_RESOLVE_FAILED: { found: 'an unknown tag', expected: 'no tags: types are known' },
  UNEXPECTED_TOKEN: {
    found: 'something that does not belong here',
    expected: 'the next key on a line of its own',
  },
  UNCLOSED: { found: 'the end of it', expected: 'a closing quote or bracket' },
  OPEN_BRACKET: {
    found: 'a bracket that is still open here',
    expected: 'it closed, or this line indented',
  },
  UNKNOWN: { found: 'what is not YAML', expected: 'valid YAML' },
}
