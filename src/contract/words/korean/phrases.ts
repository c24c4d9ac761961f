import { object, subject } from './particles.ts'

/**
 * What reaches people as a fact in English, since it was written down where nobody knew who would read it: why a probe
 * failed, how a program ended, what a request lacked. What is not known here, the words of other programs, stays as it is.
 */
export function inKorean(text: string): string {
  const known = phrases[text]
  if (known !== undefined) return known
  for (const [pattern, say] of patterns) {
    const match = pattern.exec(text)
    if (match !== null) return say(...match.slice(1).map((part) => part ?? ''))
  }
  return text
}

const phrases: Readonly<Record<string, string>> = {
  'out of memory': '메모리 부족',
  'unknown exit': '알 수 없는 종료',
  'exit code unknown': '알 수 없는 종료 코드',
  'not started yet': '아직 시작되지 않았습니다',
  'not enough instances were started': '인스턴스가 충분히 시작되지 않았습니다',
  'it has no instance': '인스턴스가 없습니다',
  'no answer': '응답이 없습니다',
  'connection refused': '연결이 거부되었습니다',
  'connection closed without an answer': '응답 없이 연결이 끊겼습니다',
  'the answer is not HTTP': '응답이 HTTP가 아닙니다',
  'nothing listens': '듣고 있는 포트가 없습니다',
  'another program': '다른 프로그램',
  'permission denied': '권한이 없습니다',
  'its file system is read-only': '파일 시스템이 읽기 전용입니다',
  'part of its path is a file': '경로의 일부가 파일입니다',
  'there is a file of that name': '같은 이름의 파일이 있습니다',
  'its path is too long': '경로가 너무 깁니다',
  'its path is a circle of links': '경로가 돌고 도는 링크입니다',
  'there is no such file': '그런 파일이 없습니다',
  'you may not read it': '읽을 권한이 없습니다',
  'it is a folder': '폴더입니다',
  'it sets nothing that Naru could take': 'Naru가 받을 수 있는 것이 없습니다',
  'there is no socket': '소켓이 없습니다',
  'nobody listens on its socket': '소켓에서 듣는 프로그램이 없습니다',
  'this user may not use its socket': '이 사용자는 소켓을 쓸 수 없습니다',
  'it closed the connection': '연결을 끊었습니다',
  'it runs in a virtual machine, whose containers cannot be reached':
    '가상 머신에서 실행되어 컨테이너에 닿을 수 없습니다',
  'it is Docker Desktop, whose containers cannot be reached from here':
    'Docker Desktop이어서 컨테이너에 닿을 수 없습니다',
  'it is rootless, and its containers cannot be reached from here':
    'rootless로 실행되어 컨테이너에 닿을 수 없습니다',
  'unknown reason': '알 수 없는 이유',
  'the command': '명령',
  'its folder is gone': '폴더가 사라졌습니다',
  'its name may have up to 128 letters, digits and _, and may not start with a digit':
    '이름은 영문자, 숫자, _로 된 128자 이하여야 하고 숫자로 시작할 수 없습니다',
  'it contains half of a character': '깨진 문자가 들어 있습니다',
  '20.20 or newer of line 20, or 22.14 or newer': '20.20 이상의 20 계열 또는 22.14 이상',
  'HOST:PORT, as in 127.0.0.1:8080': 'HOST:PORT 형식입니다. 예: 127.0.0.1:8080',
  'a WebSocket was expected': 'WebSocket이 와야 합니다',
  'nothing was asked for in time': '제때 요청이 오지 않았습니다',
  'a message is not understood': '이해할 수 없는 메시지입니다',
  'a second command on one connection': '한 연결에 두 번째 명령이 왔습니다',
  'input that was not expected': '기대하지 않은 입력입니다',
  'only comments': '설명뿐인 내용',
  'a name of small letters, digits and hyphens, as in web':
    '영문 소문자, 숫자, 붙임표로 된 이름(예: web)',
  'a command without a NUL character': 'NUL 문자가 없는 명령',
  'it is no table': '경로표가 아닙니다',
  'the body is too large': '본문이 너무 큽니다',
  'expected application/gzip': 'application/gzip이어야 합니다',
  'a package.json that is not valid JSON': '올바른 JSON이 아닌 package.json',
  'a go.mod, and no package main in the root folder or in cmd/':
    'go.mod는 있지만 루트 폴더와 cmd/에 package main이 없습니다',
  'a pom.xml that is not well-formed XML': '올바른 XML이 아닌 pom.xml',
  'a pom.xml whose jar is named by another file': 'jar의 이름을 다른 파일이 정하는 pom.xml',
  'a Cargo.toml, and no program in src/main.rs, src/bin/ or [[bin]]':
    'Cargo.toml은 있지만 src/main.rs, src/bin/, [[bin]]에 프로그램이 없습니다',
  'a Procfile without web': 'web이 없는 Procfile',
  'the file system is read-only': '파일 시스템이 읽기 전용입니다',
  'a part of the path is a file': '경로의 일부가 파일입니다',
  'it cannot be made there': '그곳에 만들 수 없습니다',
  'it belongs to another user': '다른 사용자의 것입니다',
  'it is empty': '비어 있습니다',
  'it is empty, although this folder has been used before':
    '이 폴더는 쓰인 적이 있는데 파일이 비어 있습니다',
  'it is both set and unset': '설정과 삭제를 동시에 요청했습니다',
  'it contains the character NUL': 'NUL 문자가 들어 있습니다',
  'it does not hold a key': '키가 들어 있지 않습니다',
  'Naru sets this one itself': 'Naru가 스스로 정하는 이름입니다',
  'it did not say why': '이유를 말하지 않았습니다',
  'git went away in the middle of the push': '푸시 도중에 git이 사라졌습니다',
  'the secret': '비밀 값',
  'the setting': '설정',
  secret: '비밀 값',
  setting: '설정',
  app: '앱',
  environment: '환경',
  service: '서비스',
  branch: '브랜치',
  token: '토큰',
  context: '컨텍스트',
  job: '작업',
  none: '없음',
  'is not valid': '올바르지 않습니다',
  'expected a number': '숫자여야 합니다',
  'expected a number from 1 to 1000': '1부터 1000까지의 숫자여야 합니다',
  'expected the number of a release': '릴리스 번호여야 합니다',
  'expected a number up to 999999': '999999 이하의 숫자여야 합니다',
  'this is no HTTP request that can be read': '읽을 수 있는 HTTP 요청이 아닙니다',
  'it cannot be read': '읽을 수 없습니다',
  'it is not UTF-8': 'UTF-8이 아닙니다',
  'it is not JSON': 'JSON이 아닙니다',
  'expected application/json': 'application/json이어야 합니다',
  'the body has another length': '본문의 길이가 다릅니다',
  'a percent sign is not followed by the code of a character':
    '퍼센트 기호 뒤에 문자 코드가 없습니다',
  'a name in it is too long': '들어 있는 이름이 너무 깁니다',
  'text must not contain the character NUL': '텍스트에는 NUL 문자가 들어갈 수 없습니다',
}

const patterns: readonly (readonly [RegExp, (...parts: string[]) => string])[] = [
  [/^out of memory, limit (.+)$/, (limit) => `메모리 부족(한도 ${limit})`],
  [/^exit code (\d+)$/, (code) => `종료 코드 ${code}`],
  [/^GET (.*) answered (\d+)$/, (path, status) => `GET ${path}의 응답이 ${status}입니다`],
  [/^no answer within (\S+) s$/, (seconds) => `${seconds}초 안에 응답이 없습니다`],
  [/^cannot be started: (.*)$/, (code) => `시작할 수 없습니다: ${code}`],
  [/^it is larger than (\d+) KiB$/, (size) => `${size} KiB보다 큽니다`],
  [/^Naru gives (\S+) to every instance itself$/, (name) => `${name} 값은 Naru가 스스로 정합니다`],
  [/^(\S+) only once$/, (name) => `한 번만 나오는 ${name}`],
  [/^(\S+) failed$/, (program) => `${program} 실패`],
  [/^(--\S+ .*) is not an address$/, (given) => `${given}: 주소가 아닙니다`],
  [/^it was not ready within (\S+) s$/, (seconds) => `${seconds}초 안에 준비되지 않았습니다`],
  [/^it ended with (.+) before it listened$/, (end) => `듣기 전에 끝났습니다: ${end}`],
  [
    /^a package\.json without a start script, a "main" that exists, server\.js or index\.js \((.*)\)$/s,
    (scripts) =>
      `start 스크립트, 있는 파일을 가리키는 "main", server.js, index.js가 모두 없는 package.json(${scripts === 'no scripts' ? '스크립트 없음' : scripts.replace(/^scripts: /, '스크립트: ')})`,
  ],
  [
    /^a build\.command that does not make (\S+)$/,
    (made) => `${object(made)} 만들지 않는 build.command`,
  ],
  [
    /^a pom\.xml with packaging pom \(modules: (.*)\)$/,
    (modules) => `packaging이 pom인 pom.xml(모듈: ${modules === 'none' ? '없음' : modules})`,
  ],
  [/^a pom\.xml with packaging (.+)$/, (packaging) => `packaging이 ${packaging}인 pom.xml`],
  [
    /^(\S+) in (.+), and no uvicorn in the requirements to serve it$/,
    (framework, file) => `${file}에 ${subject(framework)} 있지만 요구 사항에 uvicorn이 없습니다`,
  ],
  [
    /^(\S+) in (.+), and no Flask in the requirements$/,
    (framework, file) => `${file}에 ${subject(framework)} 있지만 요구 사항에 Flask가 없습니다`,
  ],
  [
    /^a Python app without (.+), manage\.py or a framework that is known$/,
    (files) => `${files}, manage.py, 아는 프레임워크가 모두 없는 Python 앱`,
  ],
  [/^Invalid input: expected (\w+), received (\w+)$/, expectedButFound],
  [/^Unrecognized keys?: (.*)$/, (keys) => `모르는 키입니다: ${keys}`],
  // "body: it is not JSON": where, then what is wrong there.
  [/^([\w.-]+): (.+)$/s, (where, what) => `${where}: ${inKorean(what)}`],
]

function expectedButFound(expected = '', found = ''): string {
  return `${types[expected] ?? expected} 값이 있어야 하는데 ${types[found] ?? found} 값이 왔습니다`
}

const types: Readonly<Record<string, string>> = {
  string: '문자열',
  number: '숫자',
  boolean: '참/거짓',
  array: '배열',
  object: '객체',
  undefined: '빈',
  null: 'null',
}
