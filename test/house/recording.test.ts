import { describe, expect, it } from 'vitest'
import { masked, parseRecording, printRecording, recordAgain } from '../support/recording.ts'

const page = (answer: string) => `# A page

## One

\`\`\`console
$ cat > file <<'EOF'
a
EOF
$ naru logs
${answer}
\`\`\`

## Two
`

const maskedPage = (answer: string) => parseRecording(page(answer)).map(masked).join('')

describe('a recorded terminal', () => {
  it('is printed as it was read', () => {
    expect(printRecording(parseRecording(page('one\n\ntwo')))).toBe(page('one\n\ntwo'))
  })

  it('has a section for each heading', () => {
    expect(parseRecording(page('')).map(({ title }) => title)).toEqual(['One', 'Two'])
  })

  it('is typed again with the text behind a command, in order, and without what the machine decides', async () => {
    const typed: string[] = []
    const [section] = parseRecording(page('old'))
    if (section === undefined) throw new Error('no section')

    const now = await recordAgain(section, async (text) => {
      typed.push(text)
      return text === 'naru logs' ? 'new      \nremote:   stable in 5 s\n' : ''
    })

    expect(typed).toEqual(["cat > file <<'EOF'\na\nEOF", 'naru logs'])
    expect(printRecording([now])).toBe(page('new').split('## Two')[0])
  })

  it.each([
    ['build 1 succeeded in 0.3 s: release v1', 'build 1 succeeded in 12 s: release v1'],
    ['remote: build 1 of 10d7d9c: Hello', 'remote: build 1 of 1234567: Hello'],
    ['healthy  99  127.0.0.1:27951  6 s ago', 'healthy  9  127.0.0.1:20001  2 min ago'],
    ['web   v1  healthy', 'web  v1  healthy'],
    ['10:58:52.816+09:00 web v5 i9y3 ready', '10:58:53.000+09:00 web v5 abcd ready'],
    ['port 3000, but was given PORT 27951', 'port 3000, but was given PORT 20001'],
  ])('is the same whatever changes from run to run: %s', (one, other) => {
    expect(maskedPage(one)).toBe(maskedPage(other))
  })

  it.each([
    ['build 1 succeeded in 0.3 s: release v1', 'build 1 succeeded in 0.3 s: release v2'],
    ['  → listen on process.env.PORT', '  → listen on PORT'],
    ['did not become healthy within 10 s', 'did not become healthy within 20 s'],
    ['watching v1 under traffic for 10 s', 'watching v1 under traffic for 2 s'],
    ['port 3000, but was given PORT 27951', 'port 3001, but was given PORT 27951'],
    ['one', 'one\ntwo'],
    ['one\n\ntwo', 'one\ntwo'],
  ])('differs where a sentence does: %s', (one, other) => {
    expect(maskedPage(one)).not.toBe(maskedPage(other))
  })
})
