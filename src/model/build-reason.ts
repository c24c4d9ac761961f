/**
 * Why a build is done as it is: what was found, and what was chosen for it. Data, of which `words/<language>/build-log.ts`
 * makes the sentence. A command is one line as people would type it.
 */
export type BuildReason = OneOf<ReasonFacts>

/** Why what an install made is not kept for the next build. */
export type AnewReason = OneOf<AnewFacts>

export type Language = 'node' | 'python' | 'go' | 'java'

export type ReasonFacts = {
  /** `short` is what is usually said of a version, "3.11". */
  language: { language: Language; short: string; version: string }
  'language-fits': LanguageWish
  'language-unfit': LanguageWish
  /** A program of the machine's. */
  tool: { tool: string; version: string }
  'tool-fetched': { tool: string; version: string; from: 'lockfile' | 'packageManager' }
  'tool-of-commit': { tool: string; version: string; path: string }
  'npm-reads': { version: string; other: string }
  'other-manager': { wanted: string; lockfile: string }
  'not-read-beside': { lockfile: string; others: string[] }
  'no-plug-and-play': None
  'yarn-keeps-development': { major: number }
  'nothing-to-install': { from: 'package.json' | 'python' }
  'installed-from': { command: string; file: string }
  anew: { why: AnewReason }
  /** `folder` is that of the workspace, "." for the root. */
  'whole-commit': { lockfile: string; folder: string }
  'own-build': { command: string }
  'own-dockerfile': { path: string }
  /** Made elsewhere. */
  'image-of': { image: string }
  'image-pinned': { image: string; digest: string }
  /** What is here under its name is used. */
  'image-not-fetched': { image: string; reason: string }
  /** Of a Dockerfile that is made for the app. */
  'base-images': { build: string; run: string }
  'base-unfit': { image: string; from: string; wanted: string }
  /** Of a service with a volume. */
  'one-writer': { service: string }
  'build-script': { script: string }
  /** What is run, where nothing more is to be said of it. */
  runs: { command: string }
  'not-started': { script: string }
  start: { command: string }
  'start-script': { command: string }
  'npm-start': { why: 'prestart' | 'poststart' | 'variables' }
  'start-framework': { command: string; framework: string; file: string | null }
  'start-only-program': { command: string }
  'start-development': { framework: 'Django' | 'Flask' }
  'procfile-start': { service: string; command: string }
  'procfile-overruled': { service: string }
  'procfile-release': { command: string }
  'procfile-workers': None
  /** `commands`: naru.yaml says how they are started. */
  'files-as-they-are': { commands: boolean }
  pip: { from: 'requirements.txt' | 'pyproject.toml' | 'dependencies' }
  'pip-own-package': None
  'pyproject-unread': None
  'requirements-unread': None
  'lockfile-unread': { file: string }
  loose: { names: string[] }
  uv: None
  'uv-by-pip': None
  'package-json-unbuilt': None
  collectstatic: None
  'migrations-not-run': None
  vendor: None
  'no-main-package': None
  maven: { wrapper: boolean }
  cargo: { locked: boolean }
  /** The first of the folders that has an index.html; "." is the root. */
  served: { folders: string[]; fallback: boolean }
}

type LanguageWish = ReasonFacts['language'] & { from: string; wanted: string }

export type AnewFacts = {
  /** Yarn's, in the commit. */
  plugins: None
  script: { script: string }
  'binding-gyp': None
  workspaces: None
  /** A package of the workspace has programs, which an install makes executable where they lie. */
  'workspace-programs': { folder: string }
  /** `package` null: one that the lockfile does not name plainly. */
  folder: { package: string | null }
  'folder-or-branch': { package: string }
  file: { package: string }
  variable: { package: string }
  'loose-commit': { package: string }
  'missing-file': { file: string }
  unlisted: None
}

type None = Record<never, never>
type OneOf<T> = { [C in keyof T]: { is: C } & T[C] }[keyof T]
