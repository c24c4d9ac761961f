import { expect, it } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { secretFiles, secretNames } from '../../src/deploy/env-file.ts'

it('names of variables that have a value and sound secret are told, never a value', () => {
  const text = [
    '# API_TOKEN=in a comment',
    'API_TOKEN=abc',
    'export DB_PASSWORD="p w"',
    'SESSION_KEY = spaced',
    'stripe_secret=lower',
    'DATABASE_URL=postgres://u:p@h/db',
    'LOG_LEVEL=debug',
    'EMPTY_TOKEN=',
    'QUOTED_TOKEN=""',
    'YOUR_KEY=your-key-here',
    'CHANGE_KEY=changeme',
    'ANGLE_TOKEN=<token>',
    'FROM_ELSEWHERE_KEY=$' + '{OTHER}',
    'NEXT_PUBLIC_API_KEY=public',
    'API_TOKEN=again',
    'not a line',
    'TOKEN',
    `${'A'.repeat(300)}_KEY=long`,
  ]
  expect(secretNames(text.join('\r\n'))).toEqual([
    'API_TOKEN',
    'DB_PASSWORD',
    'SESSION_KEY',
    'stripe_secret',
    'DATABASE_URL',
  ])
})

it('a file that git will not read keeps no push from going on', async () => {
  const source = {
    readFile: async () => {
      throw new NaruError('git.failed', { command: 'git cat-file', reason: 'too large' })
    },
    listFiles: async () => [{ name: '.env', kind: 'file' }],
  }
  expect(await secretFiles(source, 'shop', 'c', '.')).toEqual([])
})

it('the root and the folder of the app are looked at, and examples are not', async () => {
  const files: Record<string, string> = {
    '.env': 'A_TOKEN=1',
    '.env.production': 'B_TOKEN=1',
    '.env.example': 'C_TOKEN=1',
    '.env.local.sample': 'D_TOKEN=1',
    '.envrc': 'E_TOKEN=1',
    'web/.env': 'F_TOKEN=1',
    'other/.env': 'G_TOKEN=1',
  }
  const source = {
    readFile: async (_app: string, _commit: string, path: string) => files[path],
    listFiles: async () => [
      ...Object.keys(files)
        .filter((name) => !name.includes('/'))
        .map((name) => ({ name, kind: 'file' })),
      { name: '.env.folder', kind: 'folder' },
    ],
  }
  expect(await secretFiles(source, 'shop', 'c', 'web')).toEqual([
    { kind: 'env-file', file: '.env', names: ['A_TOKEN'] },
    { kind: 'env-file', file: '.env.production', names: ['B_TOKEN'] },
    { kind: 'env-file', file: 'web/.env', names: ['F_TOKEN'] },
  ])
})
