/** What was typed, in one line or with the text behind `<<'EOF'`, and the lines of the answer. */
export type Exchange = { typed: string; answer: string[] }
export type Section = { title: string; parts: (string | Exchange[])[] }

/** Types it and tells what comes back, stdout and stderr in one, in the order of their writing. */
export type Typist = (typed: string) => Promise<string>

const opening = '```console\n'
const closing = '```\n'

/** The sections of a document, each with a heading of the second level; what is before the first belongs to it. */
export function parseRecording(text: string): Section[] {
  const pieces = text.split(/^(?=## )/m)
  const [intro = '', first = '', ...rest] = pieces
  return [`${intro}${first}`, ...rest].map((piece) => ({
    title: piece.match(/^## (.*)$/m)?.[1] ?? 'untitled',
    parts: partsOf(piece),
  }))
}

export const printRecording = (sections: readonly Section[]): string =>
  sections.map(printSection).join('')

const printSection = ({ parts }: Section): string =>
  parts.map((part) => (typeof part === 'string' ? part : printExchanges(part))).join('')

/** The section as it is answered now. */
export async function recordAgain(section: Section, type: Typist): Promise<Section> {
  const parts: Section['parts'] = []
  for (const part of section.parts) {
    if (typeof part === 'string') parts.push(part)
    else {
      const again: Exchange[] = []
      for (const { typed } of part) again.push({ typed, answer: linesOf(await type(typed)) })
      parts.push(again)
    }
  }
  return { title: section.title, parts }
}

/** The section without what changes from run to run. */
export const masked = (section: Section): string =>
  printSection({
    ...section,
    parts: section.parts.map((part) => (typeof part === 'string' ? part : part.map(maskAnswer))),
  })

function partsOf(piece: string): Section['parts'] {
  const parts: Section['parts'] = []
  for (const [index, text] of piece.split(opening).entries()) {
    if (index === 0) {
      parts.push(text)
      continue
    }
    const end = text.indexOf(`\n${closing}`) + 1
    if (end === 0) throw new Error(`a console block does not end:\n${text.slice(0, 200)}`)
    parts.push(exchangesOf(text.slice(0, end)), text.slice(end + closing.length))
  }
  return parts
}

function exchangesOf(block: string): Exchange[] {
  const exchanges: Exchange[] = []
  const lines = block.split('\n').slice(0, -1)
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const last = exchanges.at(-1)
    if (line.startsWith('$ ')) {
      const typed = [line.slice(2)]
      if (line.endsWith("<<'EOF'")) typed.push(...lines.splice(0, lines.indexOf('EOF') + 1))
      exchanges.push({ typed: typed.join('\n'), answer: [] })
    } else if (last === undefined) throw new Error(`a console block begins with an answer: ${line}`)
    else last.answer.push(line)
  }
  return exchanges
}

const printExchanges = (exchanges: readonly Exchange[]): string =>
  `${opening}${exchanges.map(({ typed, answer }) => [`$ ${typed}`, ...answer, ''].join('\n')).join('')}${closing}`

/** Git fills what a server says up with blanks. How often a countdown or a queue speaks depends on the machine. */
function linesOf(output: string): string[] {
  const lines = output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !dropped.test(line))
  if (lines.at(-1) === '') lines.pop()
  return lines
}

const dropped = /^(?:remote: )?\s*(?:stable in \d+ s$|waiting for its turn|npm notice)/

/** What changes from run to run, and nothing else. */
const changing: readonly [RegExp, string][] = [
  [/\b(in|after|warm for|v\d+ for) \d+(?:\.\d+)? ?(?:ms|s|min)\b/g, '$1 TIME'],
  [/(?<= {2})\d+(?:\.\d+)? (?:ms|s|min)(?= {2}|$)/g, 'TIME'],
  [/\b(?:\d+ (?:s|min)|a moment) ago\b/g, 'TIME ago'],
  [/\+\d+\.\d s\b/g, '+TIME'],
  [/\b\d{4}-\d\d-\d\d at \d\d:\d\d:\d\d\+09:00/, 'DATE'],
  [/^\d\d:\d\d:\d\d\.\d{3}\+09:00/, 'CLOCK'],
  [/^(CLOCK \S+ v\d+) \w+ /, '$1 INSTANCE '],
  [/^sent \d+ bytes/, 'sent BYTES'], // Packed smaller or larger by the times of the files.
  [/\b[0-9a-f]{7,40}\b/g, 'COMMIT'],
  [/\b\d+( +127\.0\.0\.1:)\d+/g, 'PID$1PORT'],
  [/\bPORT \d+/g, 'PORT PORT'],
  [/\bnode \d+ \(this machine's [\d.]+\)/g, 'node VERSION'],
  [/(?:\d+\.\d\d|-) +(?:[\d.]+ [KMG]B|-) +(?:\d+|-)$/, 'USAGE'],
  [/ {2,}/g, '  '], // Columns are as wide as what is in them.
]

const maskAnswer = ({ typed, answer }: Exchange): Exchange => ({
  typed,
  answer: answer.map((line) =>
    changing.reduce((text, [pattern, instead]) => text.replace(pattern, instead), line),
  ),
})
