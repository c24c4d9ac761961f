import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PlanSource } from '../../src/build/plan.ts'

const root = fileURLToPath(new URL('../fixtures/apps', import.meta.url))

/** Apps of the folder that are there to be pushed and to answer; the others are broken on purpose or only built. */
const others = new Set([
  'command',
  'failing-build',
  'no-lockfile',
  'node-packages',
  'node-plain',
  'static-public',
  'static-root',
])

/** Names of the fixture apps, one for each language and framework. */
export const appNames = (): string[] =>
  readdirSync(root)
    .filter((name) => !others.has(name))
    .sort()

export const appFolder = (name: string): string => join(root, name)

/** Text of every file of an app by its path. */
export function appFiles(name: string): Record<string, string> {
  return Object.fromEntries(
    pathsOf(name).map((path) => [path, readFileSync(join(root, name, path), 'utf8')]),
  )
}

/** An app as a build sees it. */
export function folderSource(name: string): PlanSource {
  const paths = pathsOf(name)
  return {
    listFiles: async () => paths.map((path) => ({ path, kind: 'file' as const })),
    readFile: async (path) =>
      paths.includes(path) ? readFile(join(root, name, path), 'utf8') : undefined,
  }
}

/** What a tool has made beside them when somebody tried one by hand is no part of an app. */
const made = new Set(['node_modules', '.venv', 'target', 'dist', '__pycache__'])

function pathsOf(name: string): string[] {
  return readdirSync(join(root, name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => posix.join(entry.parentPath, entry.name).slice(join(root, name).length + 1))
    .filter((path) => !path.split('/').some((part) => made.has(part)))
    .sort()
}
