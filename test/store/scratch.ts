import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { NaruError } from '../../src/base/error.ts'
import { jsonLog } from '../../src/base/log.ts'
import { createApp } from '../../src/store/apps.ts'
import { openStore, type Store } from '../../src/store/store.ts'

export const at = '2026-11-24T12:00:00.000Z'
export const place = { app: 'shop', environment: 'production' }
export const quiet = jsonLog(() => {})
export const options = { now: () => new Date(at), log: quiet }

/** A folder of its own for the running test, removed after it. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'naru-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A store of its own for the running test, closed after it. */
export async function scratchStore(folder = scratchFolder()): Promise<Store> {
  const store = await openStore(folder, options)
  onTestFinished(() => store.close())
  return store
}

/** A store with the app `shop` in it. */
export async function shopStore(): Promise<Store> {
  const store = await scratchStore()
  await store.write((db) => createApp(db, { name: place.app, at }))
  return store
}

/** The failure itself, so that a test reads its code and facts. */
export async function failureOf(action: () => unknown): Promise<unknown> {
  try {
    await action()
  } catch (error) {
    return error instanceof NaruError ? error.problem : error
  }
  throw new Error('it did not fail')
}

export type Child = {
  process: ChildProcess
  lines: AsyncIterator<string>
  ended: Promise<number | null>
}

/** Starts one of `programs/` as a process of its own; its output comes line by line. It ends with the test at the latest. */
export async function startProgram(name: string, ...args: string[]): Promise<Child> {
  const outfile = join(scratchFolder(), `${name}.cjs`)
  const entry = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['better-sqlite3'],
    logLevel: 'error',
  })
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url))
  const child = spawn(process.execPath, [outfile, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_PATH: modules },
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return {
    process: child,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    ended,
  }
}
