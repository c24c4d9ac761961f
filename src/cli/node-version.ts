import { NaruError } from '../base/error.ts'

const needed = '20.20 or newer of line 20, or 22.14 or newer'

/** Throws `node.too-old` for a Node.js that Naru was not made for. The launcher checks the same before anything else. */
export function checkNode(found: string): void {
  if (!fitsNode(found)) throw new NaruError('node.too-old', { found, needed })
}

/** Whether Naru was made for that Node.js. */
export function fitsNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return (major === 20 && minor >= 20) || (major === 22 && minor >= 14) || major > 22
}
