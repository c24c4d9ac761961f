import { satisfies } from '../node-range.ts'
import { parsePackageJson } from '../package-json.ts'
import type { CommitFiles, Machine } from '../recipe-types.ts'

/** Lines of Node.js that are looked through in this order for one that an app says it needs; the first where it says nothing. */
const nodeLines = ['20.19.0', '22.14.0', '24.0.0', '18.20.0']

/** What the base images bring, as the recipes ask for it; versions are those of the images' lines. */
const tools: Readonly<Record<string, string>> = {
  npm: '10.8.0',
  python: '3.11.0',
  python3: '3.11.0',
  pip: '24.0',
  go: '1.23.0',
  cargo: '1.84.0',
  java: '21.0.0',
  mvn: '3.9.0',
}

/** Not this machine but that in which a generated Dockerfile builds: what its base images have. */
export async function imageMachine(files: CommitFiles): Promise<Machine> {
  const json = parsePackageJson((await readIf(files, 'package.json')) ?? '{}')
  const range = json?.engineRange ?? null
  const fits = nodeLines.find((version) => range === null || satisfies(version, range) !== false)
  return {
    nodeVersion: fits ?? nodeLines[0] ?? '',
    abi: 'image',
    platform: 'linux',
    arch: process.arch,
    tool: async (name) => {
      const version = tools[name]
      return version === undefined ? null : { path: name, version }
    },
  }
}

const readIf = async (files: CommitFiles, path: string): Promise<string | null> =>
  files.has(path) ? files.read(path) : null
