type Version = readonly [number, number, number]

/**
 * Whether a Node.js version is in a range as `engines.node` writes it: comparators, `^`, `~`, `x`, hyphens
 * and `||`. Null when the range is not understood, which is no reason to warn anybody.
 */
export function satisfies(version: string, range: string): boolean | null {
  const found = parse(version)
  if (found === null) return null
  const answers = range.split('||').map((part) => inEvery(found, part.trim()))
  if (answers.includes(true)) return true
  return answers.includes(null) ? null : false
}

function inEvery(version: Version, part: string): boolean | null {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(part)
  const comparators = hyphen
    ? [`>=${hyphen[1]}`, `<=${hyphen[2]}`]
    : part.replace(/([<>=^~]+)\s+/g, '$1').split(/\s+/)
  const answers = comparators.map((comparator) => inOne(version, comparator))
  if (answers.includes(false)) return false
  return answers.includes(null) ? null : true
}

function inOne(version: Version, comparator: string): boolean | null {
  const match = /^(>=|<=|>|<|=|\^|~)?v?([\dxX*]+(?:\.[\dxX*]+){0,2})?$/.exec(comparator)
  if (!match) return null
  const parts = (match[2] ?? '*')
    .split('.')
    .filter((part) => /^\d+$/.test(part))
    .map(Number)
  if (parts.length === 0) return true
  const low: Version = [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0]
  // The first version after all those that the written parts match.
  const after = next(low, parts.length - 1)
  switch (match[1]) {
    case '>=':
      return compare(version, low) >= 0
    case '<':
      return compare(version, low) < 0
    case '>':
      return parts.length === 3 ? compare(version, low) > 0 : compare(version, after) >= 0
    case '<=':
      return parts.length === 3 ? compare(version, low) <= 0 : compare(version, after) < 0
    case '^':
      return between(version, low, next(low, 0))
    case '~':
      return between(version, low, next(low, Math.min(1, parts.length - 1)))
    default:
      return parts.length === 3 ? compare(version, low) === 0 : between(version, low, after)
  }
}

const between = (version: Version, low: Version, after: Version): boolean =>
  compare(version, low) >= 0 && compare(version, after) < 0

function next([major, minor, patch]: Version, place: number): Version {
  if (place === 0) return [major + 1, 0, 0]
  return place === 1 ? [major, minor + 1, 0] : [major, minor, patch + 1]
}

function parse(text: string): Version | null {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text)
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : null
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
