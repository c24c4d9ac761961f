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

const oneLine = (cell: string): string => printable(cell.replace(/\s+/g, ' '))
const width = (cell: string): number => [...cell].length
const pad = (cell: string, to: number): string => cell + ' '.repeat(Math.max(0, to - width(cell)))
