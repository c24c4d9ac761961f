import { NaruError } from '../base/error.ts'

const needed = '20.20 or newer of line 20, or 22.14 or newer'

/** Throws `node.too-old` for a Node.js that Naru was not made for. The launcher checks the same before anything else. */
export function checkNode(found: string): void {
  const [major = 0, minor = 0] = found.split('.').map(Number)
  const good = (major === 20 && minor >= 20) || (major === 22 && minor >= 14) || major > 22
  if (!good) throw new NaruError('node.too-old', { found, needed })
}
