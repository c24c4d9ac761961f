// The checks that `npm test` runs before the tests. Each gives what is wrong as text, or nothing.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const looked = ['src', 'test', 'bench']

export const build = ['build', () => tool(process.execPath, ['scripts/build.mjs'])]

export const checks = [
  [
    'format and lint',
    () => bin('biome', ['check', '--error-on-warnings', '--max-diagnostics=50', '.']),
  ],
  ['types', () => bin('tsc', ['--noEmit', '--pretty', 'false', '-p', '.'])],
  ['promises and cases', promisesAndCases],
  ['import directions', importDirections],
  ['unused code', () => bin('knip', ['--no-progress'])],
]

/**
 * Runs vitest over `paths`, or over everything; its own output goes to the terminal. After everything, one check more:
 * that the tests saw every failure there is.
 */
export async function tests(paths) {
  const counts = join(root, `dist/.test-counts-${process.pid}.json`)
  const seen = join(root, `dist/.test-seen-${process.pid}`)
  mkdirSync(dirname(counts), { recursive: true })
  const args = ['run', '--reporter=default', '--reporter=./test/count-reporter.ts', ...paths]
  const { code } = await started('node_modules/.bin/vitest', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NARU_TEST_COUNTS: counts, NARU_TEST_SEEN: seen },
  })
  const { missing, leftOut, ...counted } = readCounts(counts)
  for (const file of [counts, seen]) rmSync(file, { force: true })
  if (paths.length === 0) countMissing(counted, missing)
  countLeftOut(counted, leftOut)
  // A run that ended badly without a failed test has still failed: a crash, a bad import, nothing found.
  if (code !== 0 && counted.failed === 0) counted.failed = 1
  if (counted.passed + counted.failed === 0) counted.failed = 1
  return counted
}

/** Whether every failure was provoked counts as one check; what is missing is named. */
function countMissing(counted, missing) {
  counted[missing.length === 0 ? 'passed' : 'failed']++
  process.stdout.write(`${missing.length === 0 ? '✓' : '✗'} every failure is provoked\n`)
  for (const line of missing) process.stdout.write(`    ${line}\n`)
}

/** Names the suites that this machine cannot run, and why; one failure where `NARU_TEST_REQUIRE` asks for all of them. */
function countLeftOut(counted, leftOut) {
  if (leftOut.length === 0) return
  const required = process.env.NARU_TEST_REQUIRE === 'docker'
  if (required) counted.failed++
  process.stdout.write(`${required ? '✗' : '-'} left out here:\n`)
  for (const reason of new Set(leftOut.map((one) => one.reason))) {
    const files = leftOut.filter((one) => one.reason === reason).map(({ file }) => file)
    process.stdout.write(`    ${reason}:\n${files.map((file) => `      ${file}\n`).join('')}`)
  }
}

function readCounts(file) {
  if (!existsSync(file)) {
    return { passed: 0, failed: 1, skipped: 0, missing: ['no test ran'], leftOut: [] }
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** The three rules of typescript-eslint, over every file there is. */
async function promisesAndCases() {
  const folders = looked.filter(hasSource)
  const { stdout, stderr, code } = await started('node_modules/.bin/eslint', [
    '--max-warnings=0',
    '--format=json',
    ...folders,
  ])
  if (!stdout.startsWith('[')) return stderr || stdout || `eslint ended with exit code ${code}`
  const results = JSON.parse(stdout)
  const expected = folders.flatMap(sources).length
  if (results.length < expected) return `eslint looked at ${results.length} of ${expected} files`
  const wrong = results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, column, message }) => `${filePath}:${line}:${column} ${message}`),
  )
  return wrong.join('\n') || (code !== 0 && `eslint ended with exit code ${code}: ${stderr}`)
}

/** Who may import whom, and that no file escaped the look. */
async function importDirections() {
  const folders = looked.filter(hasSource)
  const { stdout, stderr, code } = await started('node_modules/.bin/depcruise', [
    '--config=.dependency-cruiser.cjs',
    '--output-type=json',
    ...folders,
  ])
  if (!stdout.startsWith('{')) return stderr || stdout || `depcruise ended with exit code ${code}`
  const { modules, summary } = JSON.parse(stdout)
  const cruised = new Set(modules.map(({ source }) => source))
  const escaped = folders.flatMap(sources).filter((file) => !cruised.has(file))
  if (escaped.length > 0) {
    return `the look at imports missed ${escaped.length} files, ${escaped[0]} among them`
  }
  // A parser that sees no imports would find nothing wrong either.
  if (
    !modules.some(
      ({ source, dependencies }) => source.startsWith('src/') && dependencies.length > 0,
    )
  ) {
    return 'the look at imports saw no import at all: is the package "typescript" still version 6?'
  }
  const wrong = summary.violations.map(({ rule, from, to, cycle }) => {
    const path = cycle ? cycle.map(({ name }) => name).join(' → ') : to
    return `${rule.name}: ${from} → ${path}`
  })
  return wrong.join('\n') || (code !== 0 && `depcruise ended with exit code ${code}: ${stderr}`)
}

const hasSource = (folder) => existsSync(join(root, folder)) && sources(folder).length > 0

/** Every TypeScript file under a folder of the clone, "src/base/id.ts". */
function sources(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (path === 'test/fixtures' || entry.name === 'node_modules') return []
    if (entry.isDirectory()) return sources(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

const bin = (name, args) => tool(join('node_modules/.bin', name), args)

async function tool(program, args) {
  const { stdout, stderr, code } = await started(program, args)
  return code === 0 ? undefined : `${stdout}${stderr}` || `${program} ended with exit code ${code}`
}

function started(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
      ...options,
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', (error) => resolve({ stdout, stderr: error.message, code: 127 }))
    child.on('close', (code) => resolve({ stdout, stderr, code }))
  })
}
