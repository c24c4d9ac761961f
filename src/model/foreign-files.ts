import { noteAppJson } from './foreign-app-json.ts'
import { noteCompose } from './foreign-compose.ts'
import { noteFly } from './foreign-fly.ts'
import type { ForeignNote } from './foreign-note.ts'
import { ForeignNotes } from './foreign-notes.ts'
import {
  type ForeignTree,
  type ForeignValue,
  readForeignToml,
  readForeignYaml,
} from './foreign-tree.ts'

export type { ForeignNote } from './foreign-note.ts'

/** Files of other tools that may lie beside a `naru.yaml`, as the paths at which they are looked for. */
export const foreignFileNames = [
  'compose.yaml',
  'compose.yml',
  'docker-compose.yaml',
  'docker-compose.yml',
  'app.json',
  'fly.toml',
] as const

/** Every key of the given files, by name of the file; in the order of the files and of their lines. Never throws. */
export function readForeignFiles(files: Readonly<Record<string, string>>): ForeignNote[] {
  return foreignFileNames.flatMap((file) => {
    const text = Object.hasOwn(files, file) ? files[file] : undefined
    return text === undefined ? [] : notesOf(file, text)
  })
}

function notesOf(file: (typeof foreignFileNames)[number], text: string): ForeignNote[] {
  const notes = new ForeignNotes(file)
  const { read, note } = readers[file] ?? compose
  const tree = read(text)
  if ('root' in tree) note(tree.root, notes)
  else notes.note('', { line: tree.unreadableAtLine }, { is: 'unreadable' })
  return shortened(notes.list.toSorted((a, b) => a.line - b.line))
}

type Reader = {
  read: (text: string) => ForeignTree
  note: (root: ForeignValue, notes: ForeignNotes) => void
}

const compose: Reader = { read: readForeignYaml, note: noteCompose }
const readers: Partial<Record<string, Reader>> = {
  'app.json': { read: readForeignYaml, note: noteAppJson },
  'fly.toml': { read: readForeignToml, note: noteFly },
}

/** What a person reads in a build's log has an end, and says so. */
const limitNotes = 100

function shortened(notes: ForeignNote[]): ForeignNote[] {
  const last = notes[limitNotes - 1]
  if (notes.length <= limitNotes || !last) return notes
  const count = notes.length - limitNotes
  return [...notes.slice(0, limitNotes), { ...last, key: '', means: { is: 'more', count } }]
}
