import { NaruError } from '../../base/error.ts'
import type { BuildReason } from '../../model/build-reason.ts'
import type { Command, Spec } from '../../model/spec.ts'
import {
  type CommitFiles,
  emptyRecipe,
  type FindRecipe,
  needsStart,
  type Recipe,
  sayCommand,
  type Tool,
} from '../recipe-types.ts'
import { sayBuild } from './static.ts'

/** Where a program that a build compiles lies in the slug. */
const program = '.naru/web'

/**
 * A Go module: its main package becomes `.naru/web`; several, where the spec says what to start, each its own program in
 * `.naru/bin`. Throws `build.tool-missing`, `build.no-start`, `build.several-programs`.
 */
export const goRecipe: FindRecipe = async (files, spec, machine) => {
  const module = files.has('go.mod') ? await files.read('go.mod') : null
  if (module === null) return null
  const go = await machine.tool('go')
  if (go === null) throw new NaruError('build.tool-missing', { tool: 'go', needed: 'go.mod' })
  const built = spec.build.command === undefined ? await compiled(files, spec) : given(spec)
  return {
    ...emptyRecipe('go'),
    ...built,
    reasons: [sayGo(module, go), ...built.reasons],
    tools: { go: go.version },
  }
}

type Built = Pick<Recipe, 'steps' | 'services' | 'reasons'>

async function compiled(files: CommitFiles, spec: Spec): Promise<Built> {
  const packages = await mainPackages(files)
  // With a vendor folder go itself chooses -mod=vendor.
  const mod = files.has('vendor/modules.txt') ? [] : ['-mod=readonly']
  const build = (out: string, names: string[]): Command => [
    'go',
    'build',
    ...mod,
    '-modcacherw',
    '-buildvcs=false',
    '-o',
    out,
    ...names,
  ]
  const why: BuildReason[] = mod.length === 0 ? [{ is: 'vendor' }] : []
  const starts = needsStart(spec)
  const only = packages.length === 1 ? packages[0] : packages.find((name) => name === './cmd/web')
  if (only !== undefined) {
    const command = build(program, [only])
    const reasons: BuildReason[] = [{ is: 'runs', command: sayCommand(command) }, ...why]
    return {
      steps: [{ name: 'build', command }],
      services: starts ? { web: [program] } : {},
      reasons: starts ? [...reasons, { is: 'start', command: program }] : reasons,
    }
  }
  if (packages.length === 0) {
    if (starts)
      throw new NaruError('build.no-start', {
        found: 'a go.mod, and no package main in the root folder or in cmd/',
        language: 'go',
      })
    return {
      steps: [],
      services: {},
      reasons: [{ is: 'no-main-package' }],
    }
  }
  if (starts) throw new NaruError('build.several-programs', { language: 'go', programs: packages })
  const command = build('.naru/bin/', packages)
  return {
    steps: [{ name: 'build', command }],
    services: {},
    reasons: [{ is: 'runs', command: sayCommand(command) }, ...why],
  }
}

/** What naru.yaml builds has a name that only naru.yaml knows. */
function given(spec: Spec): Built {
  const { command } = spec.build
  if (command === undefined) return { steps: [], services: {}, reasons: [] }
  if (needsStart(spec) && !sayCommand(command).includes(program))
    throw new NaruError('build.no-start', {
      found: `a build.command that does not make ${program}`,
      language: 'go',
    })
  return {
    steps: [{ name: 'build', command }],
    services: needsStart(spec) ? { web: [program] } : {},
    reasons: sayBuild(spec),
  }
}

/** "." and "./cmd/api", those that are programs. */
async function mainPackages(files: CommitFiles): Promise<string[]> {
  const folders = new Map<string, string[]>()
  for (const path of files.paths) {
    const folder = /^(?:(cmd\/[^/]+)\/)?[^/]+\.go$/.exec(path)
    if (folder === null || path.endsWith('_test.go')) continue
    const name = folder[1] === undefined ? '.' : `./${folder[1]}`
    folders.set(name, [...(folders.get(name) ?? []), path])
  }
  const found: string[] = []
  for (const [folder, sources] of folders) if (await isMain(files, sources)) found.push(folder)
  return found.sort()
}

/** All files of a package say the same of it, but those that are left out of the build may say anything. */
async function isMain(files: CommitFiles, sources: readonly string[]): Promise<boolean> {
  const likely = [...sources].sort(
    (a, b) => Number(b.endsWith('main.go')) - Number(a.endsWith('main.go')),
  )
  for (const path of likely.slice(0, 20)) {
    const source = (await files.read(path)) ?? ''
    if (/^\/\/(?:go:build|\s*\+build)\s+ignore\b/m.test(source)) continue
    return /^package\s+main\b/m.test(source)
  }
  return false
}

function sayGo(module: string, { version }: Tool): BuildReason {
  const wanted = /^go\s+(\d+(?:\.\d+)*)/m.exec(module)?.[1]
  const short = version.split('.').slice(0, 2).join('.')
  const have = { language: 'go', short, version } as const
  if (wanted === undefined) return { is: 'language', ...have }
  const is = isOlder(version, wanted) ? 'language-unfit' : 'language-fits'
  return { is, ...have, from: 'go.mod', wanted }
}

function isOlder(version: string, wanted: string): boolean {
  const [a, b] = [version, wanted].map((text) => text.split('.').map(Number))
  for (const [index, part] of (b ?? []).entries()) {
    const other = a?.[index] ?? 0
    if (other !== part) return other < part
  }
  return false
}
