import { sayBytes } from '../../src/base/size.ts'
import {
  definition,
  type KeyDefinition,
  type SpecMapping,
  type SpecValue,
} from '../../src/model/spec-definition.ts'

/** The text of `docs/naru-yaml.md`: every key with its type, its default, one sentence and an example. */
export function specPage(): string {
  return [head, ...sections.map(section)].join('\n')
}

/** An example of one key, or of several, as a whole file. */
export function inContext(mapping: SpecMapping, examples: readonly string[]): string {
  const { around } = sections.find((each) => each.mapping === mapping) ?? { around: [] }
  // What a list's item holds stands one level deeper than its dash.
  const depth = around.length + around.filter((line) => line.startsWith('- ')).length
  const lines = examples.flatMap((example) => example.split('\n'))
  const indented = lines.map((line) => `${'  '.repeat(depth)}${line}`)
  if (mapping !== 'route') return [...indentedLines(around), ...indented].join('\n')
  const [first = '', ...rest] = lines
  return ['routes:', `  - ${first}`, ...rest.map((line) => `    ${line}`)].join('\n')
}

const indentedLines = (lines: readonly string[]): string[] =>
  lines.map((line, depth) => `${'  '.repeat(depth)}${line}`)

type Section = { mapping: SpecMapping; title: string; around: readonly string[]; about?: string }

const sections: readonly Section[] = [
  { mapping: 'root', title: 'The top level', around: [] },
  { mapping: 'build', title: 'build', around: ['build:'] },
  {
    mapping: 'service',
    title: 'services.`<name>`',
    around: ['services:', 'worker:'],
    about:
      'A name is made of lower-case letters, digits and dashes, a letter first, at most 40; so are those of jobs, steps and environments.',
  },
  {
    mapping: 'health',
    title: 'services.`<name>`.health',
    around: ['services:', 'web:', 'health:'],
  },
  {
    mapping: 'resources',
    title: 'services.`<name>`.resources',
    around: ['services:', 'web:', 'resources:'],
  },
  { mapping: 'stop', title: 'services.`<name>`.stop', around: ['services:', 'web:', 'stop:'] },
  { mapping: 'job', title: 'jobs.`<name>`', around: ['jobs:', 'migrate:'] },
  {
    mapping: 'route',
    title: 'routes[]',
    around: ['routes:'],
    about: 'A list; the longest path that fits wins. A host and path can be named once.',
  },
  {
    mapping: 'timeouts',
    title: 'routes[].timeouts',
    around: ['routes:', '- timeouts:'],
    about:
      'How long the router waits. A visitor who is slow is another matter: see [router.md](router.md).',
  },
  {
    mapping: 'limits',
    title: 'routes[].limits',
    around: ['routes:', '- limits:'],
    about:
      'Requests above `in-flight` wait, each visitor in turn (by address; of IPv6 the first 64 bits), until an instance is free.',
  },
  {
    mapping: 'environment',
    title: 'environments.`<name>`',
    around: ['environments:', 'staging:'],
    about:
      'The file is read for one environment: what stands here is stronger than the top level, or is added to it. Every environment is checked at every push.',
  },
  {
    mapping: 'environmentService',
    title: 'environments.`<name>`.services.`<name>`',
    around: ['environments:', 'staging:', 'services:', 'web:'],
  },
]

function section({ mapping, title, around, about }: Section): string {
  const keys: [string, KeyDefinition][] = Object.entries(definition[mapping])
  // An image stands in the place of a build.
  const apart = mapping === 'root' ? ['image'] : []
  const examplesOf = (wanted: boolean) =>
    keys.flatMap(([key, { example }]) => (apart.includes(key) === wanted ? [example] : []))
  const files = [examplesOf(false), ...examplesOf(true).map((example) => [example])]
  return [
    `## ${title}`,
    '',
    ...(about === undefined ? [] : [about, '']),
    '| key | type | default | what it means |',
    '| --- | --- | --- | --- |',
    ...keys.map(
      ([key, { value, means, ...rest }]) =>
        `| \`${key}\` | ${typeOf(value)} | ${defaultOf(rest)} | ${means} |`,
    ),
    '',
    around.length === 0 ? 'All of them:' : 'For example:',
    '',
    ...files.flatMap((examples) => ['```yaml', inContext(mapping, examples), '```', '']),
  ].join('\n')
}

const defaultOf = (key: Pick<KeyDefinition, 'default' | 'otherwise'>): string =>
  key.default === undefined ? escaped(key.otherwise ?? 'none') : `\`${key.default}\``

const escaped = (text: string): string => text.replace(/<[a-z]+>/g, '`$&`')

function typeOf(value: SpecValue): string {
  switch (value.is) {
    case 'whole-number':
      return `whole number, ${value.least} to ${value.most}`
    case 'number':
      return `number, ${value.least} to ${value.most}`
    case 'duration':
      return `duration, ${sayBound(value.least)} to ${sayBound(value.most)}`
    case 'size':
      return `size, at most ${sayBytes(value.most)}`
    case 'choice':
      return value.of.map((word) => `\`${word}\``).join(' or ')
    case 'mapping':
      return `mapping: see ${value.of} below`
    case 'named':
      return `mapping of names, ${value.least > 0 ? `${value.least} to` : 'at most'} ${value.most}`
    case 'list':
      return `list, at most ${value.most}`
    case 'steps':
      return `list of \`name: command\`, at most ${value.most}`
    default:
      return types[value.is]
  }
}

const types: Record<
  Exclude<
    SpecValue['is'],
    | 'whole-number'
    | 'number'
    | 'duration'
    | 'size'
    | 'choice'
    | 'mapping'
    | 'named'
    | 'list'
    | 'steps'
  >,
  string
> = {
  label: 'name',
  command: 'command',
  flag: '`true` or `false`',
  folder: 'folder inside the repository',
  branch: 'branch',
  host: 'host name',
  service: 'name of a service',
  'request-path': 'path that begins with /',
  'route-path': 'path that begins with /',
  settings: 'mapping of names to texts',
  secrets: 'list of names',
  volumes: 'mapping of names to absolute paths',
  packages: 'list of package names',
  stage: 'name of a stage',
  image: 'name of an image',
}

function sayBound(seconds: number): string {
  if (seconds === 0) return '0'
  if (seconds < 1) return `${seconds * 1000}ms`
  return seconds % 3600 === 0 ? `${seconds / 3600}h` : `${seconds}s`
}

const head = `# naru.yaml

Written by \`npm run docs\` from \`src/model/spec-definition.ts\`. The file lies at the top of the repository, and an app that
Naru recognises needs none. Every key has a default; a key that nobody knows is a mistake, told with its line, its column and the key
that was probably meant, before anything is built.

Three types need a word. A **command** is a text, run as \`/bin/sh -c TEXT\`, or a list of a program and its arguments, started as it is. A
**duration** is a number with its unit, \`500ms\`, \`30s\`, \`2m\`, \`1h\`, or a plain \`0\`; a **size** one in steps of 1024, \`500KB\`, \`100MB\`, \`2GB\`, or a plain \`0\`. Texts are taken as they are written: \`1.10\` stays
\`1.10\`, and \`yes\` is no truth. Anchors and aliases work; tags and a second document do not.

Editors complete and check the file by [naru.schema.json](naru.schema.json), for example with this as its first line:

    # yaml-language-server: $schema=./docs/naru.schema.json

The schema accepts everything that Naru accepts, and a little more, since it cannot say some things: that a name stands twice, that a route leads to a
service that there is, that a duration is too long.
`
