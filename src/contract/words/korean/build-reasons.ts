import type {
  AnewFacts,
  AnewReason,
  BuildReason,
  Language,
  ReasonFacts,
} from '../../../model/build-reason.ts'
import { listed } from './grammar.ts'
import { object, subject, topic } from './particles.ts'

/** Why a build is done as it is, one line each. */
export function buildReason(reason: BuildReason): string {
  const say = reasons[reason.is] as ((reason: BuildReason) => string) | undefined
  // Written by a newer Naru: better its data than nothing.
  return say === undefined ? JSON.stringify(reason) : say(reason)
}

const sayAnew = (why: AnewReason): string => (anew[why.is] as (why: AnewReason) => string)(why)

const machines = (version: string): string => `이 기계의 ${version}`
/** go.mod names the oldest version that will do. */
const orNewer = (language: Language): string => (language === 'go' ? ' 이상' : '')
const fallback = (isOn: boolean): string => (isOn ? '. 모르는 경로에는 index.html을 보냅니다' : '')
const root = (folder: string): string => (folder === '.' ? '루트 폴더' : `${folder}/`)

function served(folders: readonly string[]): string {
  return folders.length === 1
    ? folders.map(root).join('')
    : `빌드 뒤에 index.html이 있는 첫 폴더(${folders.map(root).join(', ')})`
}

const reasons: { [C in keyof ReasonFacts]: (facts: ReasonFacts[C]) => string } = {
  language: ({ language, short, version }) => `${language} ${short} (${machines(version)})`,
  'language-fits': ({ language, short, version, from, wanted }) =>
    `${from}에 따라 ${language} ${short} (${wanted}${orNewer(language)}, ${machines(version)})`,
  'language-unfit': ({ language, short, version, from, wanted }) =>
    `경고: ${topic(from)} ${object(wanted)} 요구하지만 ${language} ${short}뿐입니다(${machines(version)})${language === 'go' ? '. 1.21부터는 go가 새 버전을 스스로 받아 옵니다' : ''}`,
  tool: ({ tool, version }) => `${tool} ${version} (이 기계의 것)`,
  'tool-fetched': ({ tool, version, from }) =>
    `${from === 'lockfile' ? '잠금 파일' : from}에 따라 ${tool} ${version}, npx로 npm 레지스트리에서 받습니다`,
  'tool-of-commit': ({ tool, version, path }) => `커밋에 든 ${tool} ${version} (${path})`,
  'npm-reads': ({ version, other }) =>
    `이 기계의 npm ${subject(version)} npm ${other}의 잠금 파일도 읽습니다`,
  'other-manager': ({ wanted, lockfile }) =>
    `경고: package.json은 ${object(wanted)} 요구하지만 ${lockfile}만 있습니다`,
  'not-read-beside': ({ lockfile, others }) =>
    `${subject(lockfile)} 있으므로 읽지 않습니다: ${others.join(', ')}`,
  'no-plug-and-play': () => "패키지는 node_modules에 넣습니다(yarn의 Plug'n'Play는 쓰지 않습니다)",
  'yarn-keeps-development': ({ major }) =>
    `경고: yarn ${topic(String(major))} 개발용 패키지를 지울 수 없어 남겨 둡니다`,
  'nothing-to-install': ({ from }) =>
    from === 'python'
      ? 'requirements.txt와 pyproject.toml이 없어 설치할 것이 없습니다'
      : '의존성이 없어 설치할 것이 없습니다',
  'installed-from': ({ command, file }) => `${file}에 따라 ${command}`,
  anew: ({ why }) => `의존성을 빌드마다 새로 설치합니다: ${sayAnew(why)}`,
  'whole-commit': ({ lockfile, folder }) =>
    `${root(folder)}의 ${subject(lockfile)} 워크스페이스의 것이므로 커밋 전체를 남깁니다`,
  'one-writer': ({ service }) =>
    `${service}의 볼륨에는 한 번에 한 릴리스만 쓸 수 있습니다. 새 릴리스가 시작하기 전에 앞의 것이 끝나고, 그동안은 응답하지 않습니다`,
  'base-images': ({ build, run }) =>
    build === run ? `${run}에서 빌드하고 실행` : `${build}에서 빌드하고 ${run}에서 실행`,
  'base-unfit': ({ image, from, wanted }) =>
    `경고: ${from}의 요구는 ${wanted}이지만 ${image} 사용. 직접 쓴 Dockerfile로 다른 것을 정할 수 있음`,
  'image-of': ({ image }) => `새로 받는 이미지: ${image}`,
  'image-pinned': ({ image, digest }) =>
    `받은 이미지: ${image}@${digest}. 릴리스는 바로 이것을 씁니다`,
  'image-not-fetched': ({ image, reason }) =>
    `경고: 이미지를 받지 못해서 이 컴퓨터에 있는 것을 씁니다: ${image} (${reason})`,
  'own-dockerfile': ({ path }) => `이미지는 ${path}에 따라 만듭니다`,
  'own-build': ({ command }) => `naru.yaml에 따라 ${command}`,
  'build-script': ({ script }) => `package.json의 build 스크립트: ${script}`,
  runs: ({ command }) => command,
  'not-started': ({ script }) => `시작하지 않습니다: ${script} (개발용 서버)`,
  start: ({ command }) => `시작: ${command}`,
  'start-script': ({ command }) =>
    `시작: ${command} (package.json의 start 스크립트, npm 없이 실행)`,
  'npm-start': ({ why }) =>
    `시작: npm start (${why === 'variables' ? 'start 스크립트가 npm의 변수를 읽습니다' : `${why} 스크립트가 있습니다`})`,
  'start-framework': ({ command, framework, file }) =>
    `시작: ${command} (${file === null ? '' : `${file}의 `}${framework})`,
  'start-only-program': ({ command }) => `시작: ${command} (pyproject.toml의 유일한 프로그램)`,
  'start-development': ({ framework }) =>
    `경고: ${framework}의 개발용 서버입니다. 요구 사항에 gunicorn을 더하십시오`,
  'procfile-start': ({ service, command }) => `${service}: ${command} (Procfile)`,
  'procfile-overruled': ({ service }) =>
    `${topic(service)} Procfile이 아니라 naru.yaml에 따라 시작합니다`,
  'procfile-release': ({ command }) => `배포할 때마다 먼저: ${command} (Procfile의 release)`,
  'procfile-workers': () => 'web도 경로도 없습니다. Procfile에 다른 서비스만 있습니다',
  'files-as-they-are': ({ commands }) =>
    commands ? '파일을 그대로 두고 naru.yaml의 명령으로 시작합니다' : '파일을 그대로 씁니다',
  pip: ({ from }) =>
    from === 'dependencies'
      ? 'pyproject.toml의 의존성을 pip install'
      : `${from}에 따라 pip install`,
  'pip-own-package': () =>
    'pyproject.toml에 [build-system]이 있으므로 앱 자체도 pip install 합니다',
  'pyproject-unread': () => 'requirements.txt에 따라 설치하므로 pyproject.toml은 설치하지 않습니다',
  'requirements-unread': () => 'uv.lock에 따라 설치하므로 requirements.txt는 읽지 않습니다',
  'lockfile-unread': ({ file }) =>
    `경고: ${topic(file)} 읽지 않습니다. 버전은 pyproject.toml에서 옵니다`,
  loose: ({ names }) =>
    `경고: 정확한 버전이 없습니다(${listed(names)}). 첫 빌드 때의 최신 버전을 파일이 바뀔 때까지 씁니다`,
  uv: () => 'uv.lock에 따라 uv sync',
  'uv-by-pip': () => '이 기계에 uv가 없어 pip으로 설치합니다',
  'package-json-unbuilt': () =>
    'package.json은 빌드하지 않습니다. naru.yaml에는 이렇게 씁니다: build: { command: npm ci && npm run build }',
  collectstatic: () =>
    'STATIC_ROOT가 있으므로 collectstatic을 실행합니다. 설정에 DISABLE_COLLECTSTATIC: 1이 있으면 하지 않습니다',
  'migrations-not-run': () =>
    '마이그레이션은 저절로 실행되지 않습니다. naru.yaml에는 이렇게 씁니다: jobs: { migrate: { command: .venv/bin/python manage.py migrate, when: before-rollout } }',
  vendor: () => '패키지는 vendor/에 있는 것을 씁니다',
  'no-main-package': () => '루트 폴더와 cmd/에 package main이 없어 빌드할 것이 없습니다',
  maven: ({ wrapper }) =>
    `pom.xml에 따라 mvn -B -q package -DskipTests. 패키지는 다음 빌드에도 씁니다${wrapper ? '. Maven은 mvnw가 정합니다' : ''}`,
  cargo: ({ locked }) =>
    locked
      ? 'Cargo.lock에 따라 release 모드로 cargo build. 컴파일한 패키지는 다음 빌드에도 씁니다'
      : '경고: 커밋에 Cargo.lock이 없어 빌드마다 맞는 것 가운데 최신 버전을 씁니다',
  served: ({ folders, fallback: isOn }) =>
    `${served(folders)}의 정적 파일을 Naru의 정적 서버로 보냅니다${fallback(isOn)}`,
}

const anew: { [C in keyof AnewFacts]: (facts: AnewFacts[C]) => string } = {
  plugins: () => '커밋에 yarn의 플러그인이 있습니다',
  script: ({ script }) => `package.json에 ${script} 스크립트가 있습니다`,
  'binding-gyp': () => `컴파일할 ${subject('binding.gyp')} 있습니다`,
  workspaces: () => '워크스페이스가 아주 크거나, 설치된 패키지가 커밋에 들어 있습니다',
  'workspace-programs': ({ folder }) => `워크스페이스의 ${folder}/에 자기 프로그램이 있습니다`,
  folder: (from) => `${subject(from.package ?? '어떤 패키지')} 폴더에서 옵니다`,
  'folder-or-branch': (from) => `${subject(from.package)} 폴더나 브랜치에서 옵니다`,
  file: (from) => `${subject(from.package)} 파일에서 옵니다`,
  variable: (from) => `${subject(from.package)} 변수를 읽습니다`,
  'loose-commit': (from) => `${subject(from.package)} 정확한 커밋 없이 저장소에서 옵니다`,
  'missing-file': ({ file }) => `${subject(file)} 커밋에 없습니다`,
  unlisted: () => 'pyproject.toml의 [project]에 의존성이 적혀 있지 않습니다',
}
