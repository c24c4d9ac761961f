import { eastAsianWidth } from 'get-east-asian-width'
import { printable } from './terminal.ts'

/** Rows in columns as wide as they need to be; the head is in capitals. The last column is not padded. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head.map((name) => name.toUpperCase()), ...rows.map((row) => row.map(oneLine))]
  const widths = head.map((_, index) => Math.max(...all.map((row) => width(row[index] ?? ''))))
  return all
    .map((row) =>
      row
        .map((cell, index) => pad(cell, widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** "  name     value" a line, the values below each other. */
export function entries(pairs: readonly (readonly [string, string])[], least = 0): string {
  const names = Math.max(least, ...pairs.map(([name]) => width(name)))
  return pairs.map(([name, value]) => `  ${pad(name, names)}  ${value}`).join('\n')
}

/** How many columns of a terminal a text takes: Hangul and the like take two each. */
export const width = (text: string): number =>
  [...text].reduce((sum, letter) => sum + eastAsianWidth(letter.codePointAt(0) ?? 0), 0)

const oneLine = (cell: string): string => printable(cell.replace(/\s+/g, ' '))
const pad = (cell: string, to: number): string => cell + ' '.repeat(Math.max(0, to - width(cell)))
