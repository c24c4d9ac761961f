import type { Words } from '../words.ts'
import { subject } from './particles.ts'

export const commandLine: Words['commandLine'] = {
  about: 'git push 한 번으로 코드를 정상 동작하는 릴리스로 만들고, 계속 그렇게 지킵니다.',
  usage: '<명령>',
  help: {
    usage: '사용법:',
    arguments: '인자:',
    options: '옵션:',
    commands: '명령:',
    example: '예:',
    answers: '--json의 응답:',
    anyOptions: '[옵션]',
    default: '기본값',
    choices: '고를 수 있는 값',
  },
  options: {
    app: '앱 이름. 없으면 지금 있는 저장소의 앱',
    environment: '환경 이름. 없으면 production (NARU_ENVIRONMENT)',
    data: '서버의 데이터 폴더 (NARU_DATA)',
    context: '명령을 보낼 서버, naru contexts의 이름 (NARU_CONTEXT)',
    json: '결과를 JSON으로 표준 출력에 씁니다',
    noColour: '색을 쓰지 않습니다',
    language: '말하는 언어: en 또는 ko (NARU_LANG)',
    version: '버전을 보여 줍니다',
    help: '이 도움말, 또는 명령의 도움말을 보여 줍니다',
    detach: '기다리지 않고 바로 돌아옵니다',
    noDeploy: '배포하지 않고 다음 릴리스에 적용합니다',
  },
  mistakes: {
    unknownCommand: (path, word) => `${path}에는 ${word} 명령이 없습니다`,
    unknownOption: (flag) => `'${flag}' 옵션은 없습니다`,
    missingArgument: (name) => `필요한 인자 ${subject(`'${name}'`)} 없습니다`,
    missingOption: (flags) => `'${flags}' 옵션이 필요합니다`,
    missingValue: (flags) => `'${flags}' 옵션에 값이 없습니다`,
    excessArguments: (command, expected, found) =>
      `'${command}' 명령에 인자가 너무 많습니다. ${expected}개까지인데 ${found}개가 왔습니다`,
    conflictingOptions: (one, other) => `'${one}' 옵션은 '${other}' 옵션과 함께 쓸 수 없습니다`,
    didYouMean: (meant) => `혹시 ${meant}입니까?`,
  },
  unknownFailure: (code) => `서버가 이 버전이 모르는 ${code} 오류를 알려 왔습니다`,
}
