// `npm run demo`: starts Naru, pushes examples/hello to it with a real `git push`, and says where to look.
// Run again, it carries on where it was. Nothing newer than Node.js 14 in the syntax here.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setUp } from './setup.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const naru = join(root, 'naru')
const folder = resolve(process.env.NARU_DEMO_FOLDER || join(homedir(), 'naru-hello'))
const app = 'hello'

async function main() {
  await setUp()
  await startNaru()
  makeRepository()
  step(`Making the app ${app} and the remote "naru"`)
  const made = quiet(naru, ['init', '--app', app], folder)
  if (made.status !== 0) throw new Refusal(`${made.stdout}${made.stderr}`.trim())
  await pushIfNew()
  await tell()
}

async function startNaru() {
  if (answers()) return step('Naru is running already')
  const http = await freePort(8080)
  const api = await freePort(7878)
  step('Starting Naru in the background')
  must(await show(naru, ['up', '--http', `127.0.0.1:${http}`, '--api', `127.0.0.1:${api}`], root))
}

const answers = () => quiet(naru, ['apps', '--json'], root).status === 0

/** The port itself, or the next one that nobody holds. */
async function freePort(wanted) {
  for (let port = wanted; port < wanted + 200; port++) {
    if (!(await isFree(port))) continue
    if (port !== wanted) step(`Port ${wanted} is taken here, so Naru gets ${port}`)
    return port
  }
  throw new Refusal(`No port from ${wanted} to ${wanted + 199} is free.`)
}

function isFree(port) {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => done(true)),
    )
  })
}

/** Copies examples/hello into a repository of its own, and finishes one that was left half made. */
function makeRepository() {
  const there = existsSync(folder) && readdirSync(folder).length > 0
  const ours = there && quiet('git', ['config', '--local', 'naru.demo'], folder).status === 0
  if (there && !ours) {
    throw new Refusal(
      `${folder} is there already and is no repository of this demo.`,
      'Move it away, or say where the demo may put its copy: NARU_DEMO_FOLDER=/some/folder npm run demo',
    )
  }
  if (ours && quiet('git', ['rev-parse', '--verify', '--quiet', 'HEAD'], folder).status === 0) {
    return step(`Using the repository in ${folder}`)
  }
  step(`Copying examples/hello to ${folder}, as a repository of its own`)
  mkdirSync(folder, { recursive: true })
  git('init', '--quiet', '--initial-branch=main')
  git('config', 'naru.demo', 'true')
  cpSync(join(root, 'examples/hello'), folder, { recursive: true })
  git('add', '--all')
  // An identity, signing and hooks of their own: the demo must not depend on how git is set up here.
  git(
    ...['-c', 'user.name=Naru demo', '-c', 'user.email=demo@localhost'],
    ...['-c', 'commit.gpgsign=false', '-c', 'core.hooksPath=/dev/null'],
    ...['commit', '--quiet', '--message', 'Hello'],
  )
}

function git(...args) {
  const { status, stderr } = quiet('git', args, folder)
  if (status !== 0) throw new Refusal(`git ${args[0]} failed in ${folder}:`, stderr.trim())
}

async function pushIfNew() {
  const head = quiet('git', ['rev-parse', 'HEAD'], folder).stdout.trim()
  const there = quiet('git', ['ls-remote', 'naru', 'refs/heads/main'], folder).stdout.split('\t')[0]
  const changed = quiet('git', ['status', '--porcelain'], folder).stdout.trim() !== ''
  if (changed) step('There are changes that are not committed; they are not part of what is pushed')
  if (head === there) return step('Nothing new to push')
  step(`git push naru main   (in ${folder})`)
  const code = await show('git', ['push', 'naru', 'HEAD:refs/heads/main'], folder)
  if (code !== 0) {
    throw new Refusal(
      'The push did not go live; what was serving before still serves. The lines above say why.',
    )
  }
}

async function tell() {
  const asked = quiet(naru, ['status', '--app', app, '--json'], folder)
  if (asked.status !== 0) throw new Refusal(asked.stderr.trim() || 'naru status did not answer.')
  const { serving, urls } = JSON.parse(asked.stdout)
  const url = urls[0]
  const answer = serving === null ? undefined : await firstAnswer(url)
  if (!answer || answer >= 500) {
    throw new Refusal(
      serving === null
        ? `No release of ${app} is serving.`
        : `v${serving} of ${app} is not answering${answer ? ` (${answer})` : ''}.`,
      `See why:   cd ${quoted(folder)} && ${command()} logs`,
      `Its story: cd ${quoted(folder)} && ${command()} status`,
    )
  }
  const { hostname, port } = new URL(url)
  process.stdout.write(`
${app} is live as v${serving}:

    ${url}
    curl -H 'Host: ${hostname}' http://127.0.0.1:${port || 80}/     (where ${hostname} is not known)

  See its logs    cd ${quoted(folder)} && ${command()} logs -f
  Change it       cd ${quoted(folder)}, edit the greeting in server.js, then
                  git -c user.name=me -c user.email=me@localhost commit -am "A new greeting" && git push naru main
  Go back         cd ${quoted(folder)} && ${command()} rollback
  Stop            ${command()} down
`)
}

/** What the app answers once it does: right after a start its instances may still be on their way. */
async function firstAnswer(url) {
  const deadline = Date.now() + 15_000
  for (;;) {
    const answer = await visit(url)
    if ((answer && answer < 500) || Date.now() > deadline) return answer
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

/** The status that the app answers with, asked by address, since not every resolver knows *.localhost. */
function visit(url) {
  const { host, port } = new URL(url)
  return new Promise((done) => {
    const asked = get({ host: '127.0.0.1', port: port || 80, headers: { host }, timeout: 5000 })
    asked.on('response', (response) => {
      response.resume()
      done(response.statusCode)
    })
    asked.on('timeout', () => asked.destroy(new Error('timed out')))
    asked.on('error', () => done(undefined))
  })
}

/** The command line as a person types it here. */
function command() {
  const data = process.env.NARU_DATA ? `NARU_DATA=${quoted(resolve(process.env.NARU_DATA))} ` : ''
  return `${data}${quoted(naru)}`
}

const quoted = (text) => (/^[\w./@:-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`)

/** What a caller's git hook or script left in the environment must not lead git elsewhere. */
function environment() {
  const own = { ...process.env, GIT_TERMINAL_PROMPT: '0' }
  for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX']) delete own[name]
  return own
}

function quiet(program, args, cwd) {
  const ran = spawnSync(program, args, { cwd, env: environment(), encoding: 'utf8' })
  if (ran.error) throw new Refusal(`${program} could not be started: ${ran.error.message}`)
  return ran
}

function show(program, args, cwd) {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd,
      env: environment(),
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.on('error', fail)
    child.on('close', done)
  })
}

function must(code) {
  if (code !== 0) throw new Refusal('That did not work; the lines above say why.')
}

function step(line) {
  process.stdout.write(`▸ ${line}\n`)
}

class Refusal extends Error {
  constructor(...lines) {
    super(lines.join('\n'))
  }
}

main().catch((error) => {
  process.stderr.write(`\n${error instanceof Refusal ? error.message : error.stack}\n`)
  process.exitCode = 1
})
