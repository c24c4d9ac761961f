import type { BuildLanguage, BuildTool } from '../../../../base/build-tool.ts'
import type { ErrorWords } from '../../said.ts'
import { listed } from '../grammar.ts'
import { object, subject, toward } from '../particles.ts'

export const languageErrors = {
  'build.several-programs': ({ language, programs }) => ({
    message: `${listed(programs)} 가운데 어느 것이 web인지 알 수 없습니다`,
    hint: chooseProgram[language],
  }),
  'build.tool-missing': ({ tool, needed }) => ({
    message: `저장소에 ${subject(needed)} 있는데, 이 컴퓨터나 빌드하는 사용자, 또는 서버가 시작될 때의 PATH에 ${subject(toolNames[tool])} 없습니다`,
    hint: `${installs[tool]}, 그다음 다시 푸시하십시오. 지금 PATH에 있다면 naru down --keep-apps 다음 naru up으로 서버도 같은 PATH를 쓰게 하십시오`,
  }),
  'build.unsupported': ({ file, tool }) => ({
    message: `${object(file)} 찾았지만, Naru가 스스로 ${toward(unsupported[tool].name)} 빌드하지는 않습니다`,
    hint: unsupported[tool].hint,
  }),
} satisfies Partial<ErrorWords>

/** What to add where nothing says how the app is started. */
export const addStart: Record<BuildLanguage, string> = {
  python:
    'Procfile에 "web: COMMAND"를 넣거나 naru.yaml에 services.web.command를 적으십시오. 프로그램은 $PORT 포트를 들어야 합니다',
  go: 'package main이 있는 main.go를 넣거나 naru.yaml에 services.web.command를 적으십시오',
  rust: 'src/main.rs를 넣거나 naru.yaml에 services.web.command를 적으십시오',
  java: 'naru.yaml에 services.web.command를 적으십시오. 예: java -jar target/app.jar',
}

const chooseProgram: Record<BuildLanguage, string> = {
  python: 'naru.yaml에 적으십시오: services.web.command',
  go: 'naru.yaml에 적으십시오. 예: build.command: go build -o web ./cmd/api, services.web.command: ./web',
  rust: 'Cargo.toml의 default-run으로 정하거나 naru.yaml에 services.web.command를 적으십시오. 예: .naru/bin/api',
  java: 'naru.yaml에 적으십시오: build.folder 또는 services.web.command',
}

const toolNames: Record<BuildTool, string> = {
  python3: 'Python 3',
  go: 'Go',
  cargo: 'Rust(cargo)',
  java: 'Java',
  mvn: 'Maven',
}

const installs: Record<BuildTool, string> = {
  python3: 'apt-get install python3 python3-venv, macOS에서는 brew install python',
  go: 'apt-get install golang, macOS에서는 brew install go',
  cargo: 'apt-get install cargo, macOS에서는 brew install rust',
  java: 'apt-get install default-jdk-headless, macOS에서는 brew install openjdk',
  mvn: 'apt-get install maven, macOS에서는 brew install maven',
}

const unsupported = {
  pipenv: {
    name: 'Pipenv',
    hint: 'pipenv requirements > requirements.txt 다음 requirements.txt를 커밋하십시오',
  },
  gradle: {
    name: 'Gradle',
    hint: 'naru.yaml에 적으십시오. 예: build.command: ./gradlew build, services.web.command: java -jar build/libs/app.jar',
  },
}
