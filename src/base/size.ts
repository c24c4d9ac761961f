/** Bytes for people, in steps of 1024: "812 bytes", "1.2 MB", "2 GB". */
export function sayBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  let value = bytes
  for (const unit of ['KB', 'MB', 'GB']) {
    value /= 1024
    if (value < 1000 || unit === 'GB')
      return `${value < 10 ? round(value, 1) : round(value, 0)} ${unit}`
  }
  return `${bytes} bytes`
}

const units: Readonly<Record<string, number>> = { K: 1, M: 2, G: 3, T: 4 }

/** Bytes in a size as people write it, in steps of 1024: "500MB", "5 GB", "1.5GiB"; undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?([KMGT])i?B$/i.exec(text.trim()) ?? []
  return number === undefined
    ? undefined
    : Math.round(Number(number) * 1024 ** (units[unit.toUpperCase()] ?? 0))
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
