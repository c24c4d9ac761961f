// Makes a clone ready to build: checks Node.js and git, then installs what package-lock.json says, once.
// Runs on any Node.js from 14 on, so that an old one is told so in words: nothing newer in the syntax here.
import { spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Does nothing when all is there. Ends the process with three lines and exit code 6 where it cannot go on. */
export async function setUp() {
  // Whatever the umask is, the owner must be able to read what is installed.
  process.umask(process.umask() & 0o077)
  checkPlatform()
  checkNode()
  checkGit()
  if (isInstalled()) return
  await withLock(async () => {
    if (!isInstalled()) await install()
  })
}

function checkPlatform() {
  if (process.platform !== 'win32') return
  refuse(
    'Naru runs on Linux and macOS.',
    'This is Windows, where it runs inside WSL 2.',
    'wsl --install, then run this again inside it.',
  )
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const good = (major === 20 && minor >= 20) || (major === 22 && minor >= 14) || major > 22
  if (good) return
  refuse(
    `Naru needs Node.js 20.20 or newer of line 20, or 22.14 or newer.`,
    `This is Node.js ${process.versions.node} (${process.execPath}).`,
    `Install one from https://nodejs.org/en/download, then run this again.`,
  )
}

function checkGit() {
  const asked = spawnSync('git', ['--version'], { encoding: 'utf8' })
  const found = asked.error ? null : /(\d+)\.(\d+)/.exec(asked.stdout || '')
  const needed = 'Naru needs git 2.29 or newer: a push is decided in its proc-receive hook.'
  if (!found) {
    refuse(
      needed,
      'No git was found on the PATH.',
      'Install it (Debian: apt-get install git), then run this again.',
    )
  }
  const [major, minor] = [Number(found[1]), Number(found[2])]
  if (major > 2 || (major === 2 && minor >= 29)) return
  refuse(needed, `This is ${asked.stdout.trim()}.`, 'Install a newer one, then run this again.')
}

function refuse(...lines) {
  process.stderr.write(`${lines.join('\n')}\n`)
  process.exit(6)
}

/** Whether every package of the lockfile is there in its version, and the one compiled part loads. */
function isInstalled() {
  const wanted = readJson('package-lock.json')
  const found = readJson('node_modules/.package-lock.json')
  if (!wanted || !found) return false
  const same = Object.keys(wanted.packages).every((path) => {
    const { version, optional, extraneous } = wanted.packages[path]
    const there = found.packages[path]
    return path === '' || (there ? there.version === version : optional || extraneous)
  })
  // A Node.js of another line cannot load what was compiled for this one.
  return same && spawnSync(process.execPath, ['-e', probe], { cwd: root }).status === 0
}

const probe = "new (require('better-sqlite3'))(':memory:').close()"

function readJson(name) {
  try {
    return JSON.parse(readFileSync(join(root, name), 'utf8'))
  } catch (_missingOrBroken) {
    // Either way it has to be installed again.
    return null
  }
}

async function install() {
  const missing = ['python3', 'make', 'g++'].filter((tool) => !isOnPath(tool))
  say('Setting up: installing what package-lock.json names (npm ci). Only the first time.')
  say('  better-sqlite3 holds native code. Its prebuilt binary is fetched from GitHub; where that')
  say(
    '  cannot be reached, it is compiled here, which takes about a minute and needs python3, make, g++.',
  )
  if (missing.length > 0) {
    say(
      `  Not found: ${missing.join(', ')}. Fine unless it has to be compiled (Debian: apt-get install python3 make g++).`,
    )
  }
  const started = Date.now()
  const { code, output } = await npmCi(started)
  const seconds = Math.round((Date.now() - started) / 1000)
  if (code === 0 && isInstalled()) return say(`  Set up in ${seconds} s.`)
  process.stderr.write(`${output.split('\n').slice(-30).join('\n')}\n`)
  refuse(
    `npm ci ended with exit code ${code} after ${seconds} s; its last lines are above.`,
    missing.length > 0
      ? `Compiling needs ${missing.join(', ')}, which ${missing.length === 1 ? 'is' : 'are'} not on the PATH.`
      : 'The registry must be reachable, and the disk must have 400 MB to spare.',
    missing.length > 0
      ? 'Install python3, make and g++ (Debian: apt-get install python3 make g++), then run this again.'
      : 'Put that right, then run this again: it starts over by itself.',
  )
}

function npmCi(started) {
  const args = ['ci', '--no-audit', '--no-fund']
  const npm = process.env.npm_execpath
  const [program, before] = npm && /\.[cm]?js$/.test(npm) ? [process.execPath, [npm]] : ['npm', []]
  // A leftover would look like the compiler at work.
  const makefile = join(root, 'node_modules/better-sqlite3/build/Makefile')
  rmSync(makefile, { force: true })
  return new Promise((resolve) => {
    const child = spawn(program, before.concat(args), {
      cwd: root,
      env: { ...process.env, ...homeIfNone(), ...headersIfThere() },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (chunk) => {
      output = (output + chunk).slice(-64 * 1024)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    let compiling = false
    let told = 0
    const watch = setInterval(() => {
      const seconds = Math.round((Date.now() - started) / 1000)
      if (!compiling && existsSync(makefile)) {
        compiling = true
        say(
          `  No prebuilt binary could be fetched: compiling better-sqlite3, about a minute (${seconds} s so far).`,
        )
      }
      if (seconds - told < 10) return
      told = seconds
      say(`  ${compiling ? 'compiling' : 'installing'}: ${seconds} s`)
    }, 500)
    const done = (code) => {
      clearInterval(watch)
      resolve({ code, output })
    }
    child.on('error', (error) => {
      keep(`npm could not be started: ${error.message}`)
      done(127)
    })
    child.on('close', done)
  })
}

/** npm and node-gyp keep caches at home; where there is none to write to, one inside the clone serves. */
function homeIfNone() {
  try {
    accessSync(homedir(), constants.W_OK)
    return {}
  } catch (_noHome) {
    const home = join(root, 'dist/.home')
    mkdirSync(home, { recursive: true })
    return { HOME: home }
  }
}

/** Where this Node.js came with its headers, the compiler need not fetch them. */
function headersIfThere() {
  const prefix = dirname(dirname(realpathSync(process.execPath)))
  const file = join(prefix, 'include/node/node_version.h')
  if (process.env.npm_config_nodedir || !existsSync(file)) return {}
  const [major, minor, patch] = process.versions.node.split('.')
  const text = readFileSync(file, 'utf8')
  const same = [`MAJOR_VERSION ${major}`, `MINOR_VERSION ${minor}`, `PATCH_VERSION ${patch}`]
  return same.every((line) => text.includes(`#define NODE_${line}\n`))
    ? { npm_config_nodedir: prefix }
    : {}
}

function isOnPath(tool) {
  return (process.env.PATH || '')
    .split(':')
    .some((folder) => folder !== '' && existsSync(join(folder, tool)))
}

/** One set-up at a time; the holder touches its file, so that one that was killed blocks nobody for long. */
async function withLock(work) {
  const file = join(root, 'dist/.setup.lock')
  mkdirSync(dirname(file), { recursive: true })
  let waiting = false
  while (!take(file)) {
    if (!waiting) say('Another set-up of this clone is running; waiting for it.')
    waiting = true
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  const beat = setInterval(() => utimesSync(file, new Date(), new Date()), 2000)
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    await work()
  } finally {
    clearInterval(beat)
    process.removeListener('exit', release)
    release()
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (isStale(file)) rmSync(file, { force: true })
    return false
  }
}

function isStale(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > 30_000) return true
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    // ESRCH: its process is gone. ENOENT: it was given back meanwhile. EPERM: it runs, as another user.
    return error.code === 'ESRCH' || error.code === 'ENOENT'
  }
}

function say(line) {
  process.stderr.write(`${line}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp()
