import { execFile } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Account } from './account.ts'
import { programFolders } from './program-path.ts'
import type { Machine, Tool } from './recipe-types.ts'
import { packageVersion } from './tool-package.ts'

/** The machine and the Node.js that this process runs on, which the apps run on too, with the programs that the account of the builds can start. */
export function thisMachine(host: NodeJS.ProcessEnv, runAs: Account | null): Machine {
  const asked = new Map<string, Promise<Tool | null>>()
  return {
    nodeVersion: process.versions.node,
    abi: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
    tool: (name) => {
      const known = asked.get(name) ?? findTool(name, host, runAs)
      asked.set(name, known)
      return known
    },
  }
}

/** Programs that say their version in another way than by `--version`. */
const versionArguments: Readonly<Record<string, string[]>> = { go: ['version'], java: ['-version'] }

const limitMs = 10_000

async function findTool(
  name: string,
  host: NodeJS.ProcessEnv,
  runAs: Account | null,
): Promise<Tool | null> {
  const folders = programFolders(host, runAs)
  for (const folder of folders) {
    const path = join(folder, name)
    if (!(await isProgram(path))) continue
    const version =
      (await packageVersion(path, name, runAs !== null)) ??
      (await versionOf(path, versionArguments[name] ?? ['--version'], folders, host, runAs))
    if (version !== null) return { path, version }
  }
  return null
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false // Not there, or not ours to start: no program either way.
  }
}

/** Null where it does not start or does not answer: a name that stands for nothing on this machine. */
async function versionOf(
  path: string,
  args: string[],
  folders: string[],
  host: NodeJS.ProcessEnv,
  runAs: Account | null,
): Promise<string | null> {
  try {
    const { stdout, stderr } = await promisify(execFile)(path, args, {
      cwd: '/',
      timeout: limitMs,
      env: {
        PATH: folders.join(':'),
        HOME: runAs === null ? host['HOME'] : '/nonexistent',
        LANG: 'C.UTF-8',
        // A stand-in that would fetch the real program from the network is none.
        COREPACK_ENABLE_NETWORK: '0',
        COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
      },
      ...(runAs ?? {}),
    })
    const said = `${stdout}\n${stderr}`
    // The first Java of a year has no dot: openjdk version "21".
    return /\d+(?:\.\d+)+/.exec(said)?.[0] ?? /version "(\d+)/.exec(said)?.[1] ?? null
  } catch {
    return null // It cannot be started, fails, or takes too long to say who it is.
  }
}
