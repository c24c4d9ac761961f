import type {
  AnewFacts,
  AnewReason,
  BuildReason,
  Language,
  ReasonFacts,
} from '../../../model/build-reason.ts'

/** Why a build is done as it is, one line each. */
export function buildReason(reason: BuildReason): string {
  const say = reasons[reason.is] as ((reason: BuildReason) => string) | undefined
  // Written by a newer Naru: better its data than nothing.
  return say === undefined ? JSON.stringify(reason) : say(reason)
}

const sayAnew = (why: AnewReason): string => (anew[why.is] as (why: AnewReason) => string)(why)

const machines = (version: string): string => `this machine's ${version}`
/** go.mod names the oldest version that will do. */
const orNewer = (language: Language): string => (language === 'go' ? ' or newer' : '')
const fallback = (isOn: boolean): string => (isOn ? ', index.html for every unknown path' : '')
const root = (folder: string): string => (folder === '.' ? 'the root folder' : `${folder}/`)

function served(folders: readonly string[]): string {
  return folders.length === 1
    ? folders.map(root).join('')
    : `the first of ${folders.map(root).join(', ')} that has an index.html after the build`
}

const reasons: { [C in keyof ReasonFacts]: (facts: ReasonFacts[C]) => string } = {
  language: ({ language, short, version }) => `${language} ${short} (${machines(version)})`,
  'language-fits': ({ language, short, version, from, wanted }) =>
    `${language} ${short} from ${from} (${wanted}${orNewer(language)}; ${machines(version)})`,
  'language-unfit': ({ language, short, version, from, wanted }) =>
    `warning: ${language} ${short} (${machines(version)}), although ${from} asks for ${wanted}${language === 'go' ? '; from 1.21 on, go fetches the newer one by itself' : ''}`,
  tool: ({ tool, version }) => `${tool} ${version} (this machine's)`,
  'tool-fetched': ({ tool, version, from }) =>
    `${tool} ${version} from ${from === 'lockfile' ? 'the lockfile' : from}, fetched from the npm registry by npx`,
  'tool-of-commit': ({ tool, version, path }) => `${tool} ${version} of the commit (${path})`,
  'npm-reads': ({ version, other }) =>
    `npm ${version}, this machine's, reads the lockfile of npm ${other} too`,
  'other-manager': ({ wanted, lockfile }) =>
    `warning: package.json asks for ${wanted}, but there is only ${lockfile}`,
  'not-read-beside': ({ lockfile, others }) => `not read beside ${lockfile}: ${others.join(', ')}`,
  'no-plug-and-play': () =>
    "packages are put into node_modules (yarn's Plug'n'Play is not used here)",
  'yarn-keeps-development': ({ major }) =>
    `warning: yarn ${major} cannot remove packages for development, so they stay`,
  'nothing-to-install': ({ from }) =>
    from === 'python'
      ? 'no requirements.txt and no pyproject.toml, nothing to install'
      : 'no dependencies, nothing to install',
  'installed-from': ({ command, file }) => `${command} from ${file}`,
  anew: ({ why }) => `dependencies are installed anew in each build: ${sayAnew(why)}`,
  'whole-commit': ({ lockfile, folder }) =>
    `the whole commit is kept, since ${lockfile} in ${root(folder)} is that of a workspace`,
  'one-writer': ({ service }) =>
    `one release at a time may write to the volumes of ${service}: the old one ends before the new one starts, and nobody answers meanwhile`,
  'base-images': ({ build, run }) =>
    build === run ? `built and run in ${run}` : `built in ${build}, run in ${run}`,
  'base-unfit': ({ image, from, wanted }) =>
    `warning: ${image}, although ${from} asks for ${wanted}; a Dockerfile of your own can say another`,
  'image-of': ({ image }) => `the image ${image}, fetched anew`,
  'image-pinned': ({ image, digest }) => `${image} is ${digest}, and the release keeps that one`,
  'image-not-fetched': ({ image, reason }) =>
    `warning: ${image} could not be fetched, so the one of this machine is used: ${reason}`,
  'own-dockerfile': ({ path }) => `the image is built as ${path} says`,
  'own-build': ({ command }) => `${command} from naru.yaml`,
  'build-script': ({ script }) => `the build script of package.json: ${script}`,
  runs: ({ command }) => command,
  'not-started': ({ script }) => `not started: ${script}, a server for development`,
  start: ({ command }) => `start: ${command}`,
  'start-script': ({ command }) =>
    `start: ${command} (the start script of package.json, run without npm)`,
  'npm-start': ({ why }) =>
    `start: npm start, since ${why === 'variables' ? 'the start script reads variables of npm' : `there is a ${why} script`}`,
  'start-framework': ({ command, framework, file }) =>
    `start: ${command} (${framework}${file === null ? '' : ` in ${file}`})`,
  'start-only-program': ({ command }) => `start: ${command} (the one program of pyproject.toml)`,
  'start-development': ({ framework }) =>
    `warning: that is ${framework}'s server for development; add gunicorn to the requirements`,
  'procfile-start': ({ service, command }) => `${service}: ${command} (Procfile)`,
  'procfile-overruled': ({ service }) =>
    `${service} is started as naru.yaml says, not as the Procfile does`,
  'procfile-release': ({ command }) => `before each rollout: ${command} (release in Procfile)`,
  'procfile-workers': () => 'no web, and no route: the Procfile names only other services',
  'files-as-they-are': ({ commands }) =>
    commands ? 'files as they are, started by the commands in naru.yaml' : 'files as they are',
  pip: ({ from }) =>
    from === 'dependencies'
      ? 'pip install of the dependencies in pyproject.toml'
      : `pip install from ${from}`,
  'pip-own-package': () =>
    'pip install of the app itself, since pyproject.toml has a [build-system]',
  'pyproject-unread': () => 'pyproject.toml is not installed: requirements.txt says what is',
  'requirements-unread': () => 'requirements.txt is not read: uv.lock says what is installed',
  'lockfile-unread': ({ file }) =>
    `warning: ${file} is not read, the versions come from pyproject.toml`,
  loose: ({ names }) =>
    `warning: no exact version for ${fewOf(names)}: what is newest at the first build is kept until the file changes`,
  uv: () => 'uv sync from uv.lock',
  'uv-by-pip': () => 'uv by pip, since this machine has none',
  'package-json-unbuilt': () =>
    'package.json is not built; in naru.yaml: build: { command: npm ci && npm run build }',
  collectstatic: () =>
    'collectstatic, since STATIC_ROOT is set; DISABLE_COLLECTSTATIC: 1 in settings leaves it out',
  'migrations-not-run': () =>
    'migrations are not run by themselves; in naru.yaml: jobs: { migrate: { command: .venv/bin/python manage.py migrate, when: before-rollout } }',
  vendor: () => 'packages from vendor/',
  'no-main-package': () => 'no package main in the root folder or in cmd/, nothing to build',
  maven: ({ wrapper }) =>
    `mvn -B -q package -DskipTests from pom.xml, packages are kept between builds${wrapper ? ', by the Maven that mvnw names' : ''}`,
  cargo: ({ locked }) =>
    locked
      ? 'cargo build in release mode from Cargo.lock, compiled packages are kept between builds'
      : 'warning: no Cargo.lock in the commit, so each build takes the newest versions that fit',
  served: ({ folders, fallback: isOn }) =>
    `static files in ${served(folders)}, served by Naru's static server${fallback(isOn)}`,
}

const anew: { [C in keyof AnewFacts]: (facts: AnewFacts[C]) => string } = {
  plugins: () => 'the commit has plugins of yarn',
  script: ({ script }) => `package.json has a ${script} script`,
  'binding-gyp': () => 'there is a binding.gyp to compile',
  workspaces: () => 'the workspace is very large, or has installed packages in the commit',
  'workspace-programs': ({ folder }) => `${folder}/ of the workspace has programs of its own`,
  folder: (from) => `${from.package ?? 'a package'} comes from a folder`,
  'folder-or-branch': (from) => `${from.package} comes from a folder or a branch`,
  file: (from) => `${from.package} comes from a file`,
  variable: (from) => `${from.package} reads a variable`,
  'loose-commit': (from) => `${from.package} comes from a repository without an exact commit`,
  'missing-file': ({ file }) => `${file} is not in the commit`,
  unlisted: () => 'pyproject.toml does not list its dependencies as [project] does',
}

const fewOf = (names: readonly string[]): string =>
  (names.length > 5 ? [...names.slice(0, 5), '…'] : names).join(', ')
