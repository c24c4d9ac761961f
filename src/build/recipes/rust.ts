import { posix } from 'node:path'
import { NaruError } from '../../base/error.ts'
import type { BuildReason } from '../../model/build-reason.ts'
import type { Command, Spec } from '../../model/spec.ts'
import {
  type CommitFiles,
  emptyRecipe,
  type FindRecipe,
  needsStart,
  type Recipe,
  type Step,
  sayCommand,
} from '../recipe-types.ts'
import { parseToml, type TomlTable, table, tables, text } from '../toml.ts'
import { buildStep, sayBuild } from './static.ts'

/** A package with programs. `folder` is where its Cargo.toml lies, "." or "crates/api". */
type Crate = { folder: string; name: string; programs: string[]; usual: string | null }

/**
 * A Rust package or workspace: its programs are compiled into `.naru/bin`. Throws `build.tool-missing`,
 * `build.no-start`, `build.several-programs`.
 */
export const rustRecipe: FindRecipe = async (files, spec, machine) => {
  const content = files.has('Cargo.toml') ? await files.read('Cargo.toml') : null
  if (content === null) return null
  const cargo = await machine.tool('cargo')
  if (cargo === null)
    throw new NaruError('build.tool-missing', { tool: 'cargo', needed: 'Cargo.toml' })
  const built = spec.build.command === undefined ? await compiled(files, spec) : given(spec)
  return {
    ...emptyRecipe('rust'),
    ...built,
    reasons: [{ is: 'tool', tool: 'cargo', version: cargo.version }, ...built.reasons],
    tools: { cargo: cargo.version },
  }
}

type Built = Pick<Recipe, 'steps' | 'services' | 'reasons' | 'leaves'>

async function compiled(files: CommitFiles, spec: Spec): Promise<Built> {
  const crates = await findCrates(files)
  const starts = needsStart(spec)
  const locked = files.has('Cargo.lock')
  const chosen = starts ? chooseProgram(crates) : null
  const steps: Step[] = crates
    .filter(({ name }) => chosen === null || name === chosen.crate.name)
    .map(({ folder }) => ({
      name: 'build',
      command: installCommand(folder, locked, chosen?.program),
    }))
  const reasons: BuildReason[] = [{ is: 'cargo', locked }]
  if (chosen !== null) reasons.push({ is: 'start', command: `.naru/bin/${chosen.program}` })
  return {
    steps,
    services: chosen === null ? {} : { web: [`.naru/bin/${chosen.program}`] },
    reasons,
    // What a `cargo test` of the pipeline compiles.
    leaves: ['target'],
  }
}

/** Compiles as `cargo build --release` does and puts the programs into the slug; what is compiled of others' packages is kept in the home of the app's builds. */
function installCommand(folder: string, locked: boolean, program: string | undefined): Command {
  return [
    '/bin/sh',
    '-c',
    'exec cargo install --target-dir "$HOME/cargo-target" "$@"',
    'cargo',
    ...(locked ? ['--locked'] : []),
    '--no-track',
    '--force',
    '--root=.naru',
    `--path=${folder}`,
    ...(program === undefined ? [] : [`--bin=${program}`]),
  ]
}

/** Throws `build.no-start` where there is no program, `build.several-programs` where nothing says which is meant. */
function chooseProgram(crates: readonly Crate[]): { crate: Crate; program: string } {
  const all = crates.flatMap((crate) => crate.programs.map((program) => ({ crate, program })))
  const usual = all.filter(({ crate, program }) => crate.usual === program)
  const web = all.filter(({ program }) => program === 'web')
  for (const candidates of [all, usual, web]) {
    const [only] = candidates
    if (only !== undefined && candidates.length === 1) return only
  }
  if (all.length === 0)
    throw new NaruError('build.no-start', {
      found: 'a Cargo.toml, and no program in src/main.rs, src/bin/ or [[bin]]',
      language: 'rust',
    })
  throw new NaruError('build.several-programs', {
    language: 'rust',
    programs: all.map(({ program }) => program),
  })
}

/** Those with programs: the package in the root, or each in the folders below it. */
async function findCrates(files: CommitFiles): Promise<Crate[]> {
  const manifests = files.paths.filter(
    (path) =>
      posix.basename(path) === 'Cargo.toml' && !/(^|\/)(target|vendor|examples|tests)\//.test(path),
  )
  const crates: Crate[] = []
  for (const path of manifests.slice(0, 100)) {
    const manifest = parseToml((await files.read(path)) ?? '')
    const crate = manifest === null ? null : crateOf(posix.dirname(path), manifest, files)
    if (crate !== null) crates.push(crate)
  }
  // A package in the root is the app; what lies below it are its parts.
  return crates.some(({ folder }) => folder === '.')
    ? crates.filter(({ folder }) => folder === '.')
    : crates
}

function crateOf(folder: string, manifest: TomlTable, { paths }: CommitFiles): Crate | null {
  const settings = table(manifest['package'])
  const name = text(settings['name'])
  if (name === null) return null
  const prefix = folder === '.' ? '' : `${folder}/`
  const named = tables(manifest['bin']).flatMap(({ name: bin }) => text(bin) ?? [])
  const inFolder = paths.flatMap((path) =>
    path.startsWith(`${prefix}src/bin/`)
      ? (/^([\w-]+)(?:\.rs|\/main\.rs)$/.exec(path.slice(`${prefix}src/bin/`.length))?.[1] ?? [])
      : [],
  )
  const hasMain = paths.includes(`${prefix}src/main.rs`)
  const namesMain = tables(manifest['bin']).some(({ path }) => text(path) === 'src/main.rs')
  const all = [...named, ...inFolder, ...(hasMain && !namesMain ? [name] : [])]
  const programs = [...new Set(all)].filter((program) => /^[\w-]+$/.test(program))
  if (programs.length === 0) return null
  return { folder, name, programs, usual: text(settings['default-run']) }
}

/** What naru.yaml builds has a name that only naru.yaml knows. */
function given(spec: Spec): Built {
  const made = /\.naru\/(?:bin\/)?web\b/.exec(sayCommand(spec.build.command ?? ''))?.[0]
  if (needsStart(spec) && made === undefined)
    throw new NaruError('build.no-start', {
      found: 'a build.command that does not make .naru/web',
      language: 'rust',
    })
  return {
    steps: buildStep(spec),
    services: needsStart(spec) && made !== undefined ? { web: [made] } : {},
    reasons: sayBuild(spec),
  }
}
