import { describe, expect, test } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { readProcfile } from '../../src/build/recipes/procfile.ts'

describe('a Procfile', () => {
  test('names services and their commands, as a shell reads them', () => {
    const text = [
      '# how it runs',
      '',
      `web: gunicorn shop.wsgi --bind "0.0.0.0:$PORT" --log-file=- # a comment of the shell's`,
      "  worker :  node worker.js --name 'two words' ",
      'mail-queue: env A=b: node mail.js',
    ]
    const expected = {
      services: {
        web: `gunicorn shop.wsgi --bind "0.0.0.0:$PORT" --log-file=- # a comment of the shell's`,
        worker: "node worker.js --name 'two words'",
        'mail-queue': 'env A=b: node mail.js',
      },
      jobs: {},
    }
    expect(readProcfile(text.join('\n'))).toEqual(expected)
    expect(readProcfile(`\uFEFF${text.join('\r\n')}\r\n`)).toEqual(expected)
  })

  test('may have a release command, which is a job before each rollout', () => {
    expect(readProcfile('web: node .\nrelease: npm run migrate\n')).toEqual({
      services: { web: 'node .' },
      jobs: {
        release: { command: 'npm run migrate', when: 'before-rollout', timeoutSeconds: 600 },
      },
    })
  })

  const mistakes: [string, string, { line: number; found: string; expected: string }][] = [
    [
      'a line without a colon',
      'web: a\n\nnode worker.js',
      { line: 3, found: 'node worker.js', expected: 'NAME: COMMAND' },
    ],
    [
      'a name of two words',
      'the web: a',
      { line: 1, found: 'the web: a', expected: 'NAME: COMMAND' },
    ],
    ['no command', '# x\r\nweb:  \r\n', { line: 2, found: 'web:', expected: 'web: COMMAND' }],
    ['a name twice', 'web: a\nweb: b', { line: 2, found: 'web: b', expected: 'web only once' }],
    [
      'a name that no service may have',
      'Web_1: a',
      {
        line: 1,
        found: 'Web_1',
        expected: 'a name of small letters, digits and hyphens, as in web',
      },
    ],
    ['nothing', ' \n', { line: 1, found: 'nothing', expected: 'web: COMMAND' }],
    ['only comments', '# web: a', { line: 1, found: 'only comments', expected: 'web: COMMAND' }],
  ]
  test.each(mistakes)('with %s is refused, naming the line', (_title, text, facts) => {
    try {
      readProcfile(text)
    } catch (error) {
      if (!(error instanceof NaruError)) throw error
      return expect(error.problem).toEqual({ code: 'build.procfile', facts })
    }
    throw new Error('it was not refused')
  })
})
