import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { NaruError } from '../../base/error.ts'
import type { Words } from '../../contract/words/words.ts'
import type { BuildPlan, PlanBuild, PlannedFile } from '../../model/build-plan.ts'
import type { Command as AppCommand } from '../../model/spec.ts'
import { parseSpec } from '../../model/spec-file.ts'
import { leftOut } from '../../source/left-out.ts'
import { askGit } from '../app-name.ts'
import { define } from '../define.ts'
import { folderShipment } from '../pack-folder.ts'
import { type Session, shared } from '../session.ts'
import { entries } from '../table.ts'
import { printableLog } from '../terminal.ts'

/** Shows how a folder would be built; needs no server, and builds nothing. */
export function addBuild(naru: Command, session: Session): void {
  const say = session.words.commands.build
  define(naru, {
    usage: 'build [folder]',
    summary: say.summary,
    examples: [
      'naru build --print',
      'naru build --print ./shop --env staging',
      'naru build --print --dockerfile > Dockerfile',
    ],
  })
    .option('--print', say.print)
    .option('--dockerfile', say.dockerfile)
    .action(
      async (
        named: string | undefined,
        { print = false, dockerfile = false }: { print?: boolean; dockerfile?: boolean },
        command: Command,
      ) => {
        if (!print)
          throw new NaruError('usage.invalid', {
            what: say.noPrint,
            expected: 'naru build --print',
          })
        const { json, env } = shared(command, session)
        const folder = await folderOf(session, named)
        const files = await filesOf(folder, env)
        const { out } = session.terminal
        if (dockerfile) return out(await dockerfileOf(session, files, json))
        const plan = await session.planBuild(...files)
        if (json) return out(JSON.stringify({ folder, ...withSentences(plan, session.words) }))
        for (const line of sayPlan(plan, folder, session.words)) out(printableLog(line))
      },
    )
}

/** What was named, as `naru deploy` would send it; else the repository that one stands in, as a push would. */
async function folderOf({ folder: here }: Session, named: string | undefined): Promise<string> {
  if (named === undefined) return (await askGit(here, ['rev-parse', '--show-toplevel'])) || here
  const folder = resolve(here, named)
  const found = await stat(folder).catch(() => null) // Not there, or closed: no folder either way.
  if (found?.isDirectory() !== true) throw new NaruError('archive.missing', { path: named })
  return folder
}

async function dockerfileOf(
  { planDockerfile, words }: Session,
  files: Parameters<PlanBuild>,
  json: boolean,
): Promise<string> {
  const found = await planDockerfile(...files)
  if (json) return JSON.stringify(found)
  if ('made' in found) return found.made.trimEnd()
  const what = words.commands.build.ownDockerfile(found.own)
  throw new NaruError('usage.invalid', { what, expected: 'naru build --print' })
}

async function filesOf(folder: string, environment: string): Promise<Parameters<PlanBuild>> {
  const files: PlannedFile[] = []
  for await (const { path, kind } of (await folderShipment(folder)).entries()) {
    if (leftOut(path) === null && (kind === 'file' || kind === 'link')) files.push({ path, kind })
  }
  const known = new Set(files.map(({ path }) => path))
  const read = async (path: string) =>
    known.has(path) ? textOf(join(folder, path), path) : undefined
  const spec = parseSpec(await read('naru.yaml'), { file: 'naru.yaml', environment })
  return [files, read, spec]
}

/** Undefined where a link leads nowhere or to a folder: a commit has no text there either. */
async function textOf(file: string, path: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'].includes(code)) return undefined
    throw new NaruError('file.unreadable', { file: path, reason: code }, { cause: error })
  }
}

/** For a program that reads it, and shows the reasons to a person. */
const withSentences = (plan: BuildPlan, words: Words) => ({
  ...plan,
  reasons: plan.reasons.map((reason) => words.buildReason(reason)),
})

function sayPlan(plan: BuildPlan, folder: string, words: Words): string[] {
  const say = words.commands.build
  const { kind, reasons, steps, services, jobs, site, foreign, machine } = plan
  const tools = Object.entries(machine.tools).map(([name, version]) => `${name} ${version}`)
  return [
    say.planned(folder, machine, tools),
    '',
    say.kind(kind),
    ...reasons.map((reason) => `  - ${words.buildReason(reason)}`),
    ...section(
      say.steps,
      steps.map(({ name, command, folder: where }) => [
        name,
        where === undefined ? text(command) : `${text(command)} (${say.inFolder(where)})`,
      ]),
    ),
    ...(site.length === 0 ? [] : ['', say.site(site)]),
    ...section(
      say.services,
      Object.entries(services).map(([name, command]) => [name, text(command)]),
    ),
    ...section(
      say.jobs,
      Object.entries(jobs).map(([name, { command, when }]) => [name, `${text(command)} (${when})`]),
    ),
    ...(foreign.length === 0
      ? []
      : ['', say.foreign, ...foreign.map((note) => `  - ${words.foreign(note)}`)]),
  ]
}

function section(title: string, pairs: (readonly [string, string])[]): string[] {
  return pairs.length === 0 ? [] : ['', title, ...entries(pairs.map(onOneLine)).split('\n')]
}

const onOneLine = ([name, value]: readonly [string, string]) =>
  [name, value.replace(/\s+/g, ' ')] as const

const text = (command: AppCommand): string =>
  typeof command === 'string' ? command : command.join(' ')
