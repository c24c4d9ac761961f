import type { BuildLanguage, BuildTool } from '../../../../base/build-tool.ts'
import type { ErrorWords } from '../../said.ts'
import { listed } from '../grammar.ts'

export const languageErrors = {
  'build.several-programs': ({ language, programs }) => ({
    message: `${listed(programs)} could all be web, and nothing says which one is`,
    hint: chooseProgram[language],
  }),
  'build.tool-missing': ({ tool, needed }) => ({
    message: `the repository has ${needed}, but ${toolNames[tool]} is not on this machine, not for the user who builds, or not on the PATH that the server was started with`,
    hint: `${installs[tool]}, then push again; where it is on your PATH: naru down --keep-apps and naru up give the server the same`,
  }),
  'build.unsupported': ({ file, tool }) => ({
    message: `found ${file}, but Naru does not build with ${unsupported[tool].name} by itself`,
    hint: unsupported[tool].hint,
  }),
} satisfies Partial<ErrorWords>

/** What to add where nothing says how the app is started. */
export const addStart: Record<BuildLanguage, string> = {
  python:
    'add "web: COMMAND" to a Procfile, or services.web.command to naru.yaml; the program listens on $PORT',
  go: 'add a main.go with package main, or services.web.command to naru.yaml',
  rust: 'add src/main.rs, or services.web.command to naru.yaml',
  java: 'add services.web.command to naru.yaml, as in java -jar target/app.jar',
}

const chooseProgram: Record<BuildLanguage, string> = {
  python: 'name it in naru.yaml: services.web.command',
  go: 'name it in naru.yaml, as in build.command: go build -o web ./cmd/api, and services.web.command: ./web',
  rust: 'name it in Cargo.toml with default-run, or add services.web.command to naru.yaml, as in .naru/bin/api',
  java: 'name it in naru.yaml: build.folder, or services.web.command',
}

const toolNames: Record<BuildTool, string> = {
  python3: 'Python 3',
  go: 'Go',
  cargo: 'Rust (cargo)',
  java: 'Java',
  mvn: 'Maven',
}

const installs: Record<BuildTool, string> = {
  python3: 'apt-get install python3 python3-venv, or on macOS brew install python',
  go: 'apt-get install golang, or on macOS brew install go',
  cargo: 'apt-get install cargo, or on macOS brew install rust',
  java: 'apt-get install default-jdk-headless, or on macOS brew install openjdk',
  mvn: 'apt-get install maven, or on macOS brew install maven',
}

const unsupported = {
  pipenv: {
    name: 'Pipenv',
    hint: 'pipenv requirements > requirements.txt, then commit requirements.txt',
  },
  gradle: {
    name: 'Gradle',
    hint: 'say it in naru.yaml, as in build.command: ./gradlew build, and services.web.command: java -jar build/libs/app.jar',
  },
}
