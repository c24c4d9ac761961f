import type { ArgumentKind } from '../../../../base/argument-kind.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted } from '../../text.ts'
import { object, subject, topic } from '../particles.ts'
import { inKorean } from '../phrases.ts'

export const requestErrors = {
  'naru.broken': ({ report, here }) => ({
    message: `Naru 안에서 문제가 생겼고, Naru의 잘못입니다: ${report}`,
    hint: here
      ? '명령 앞에 NARU_DEBUG=1을 붙여 다시 실행하면 어디인지 보입니다. 지금 무엇이 서비스 중인지는 naru status'
      : '지금 무엇이 서비스 중인지는 naru status, 자세한 기록은 데이터 폴더의 server.log에 있습니다',
  }),
  'usage.invalid': ({ what, expected }) => ({
    message: inKorean(what),
    hint: inKorean(expected),
  }),
  'argument.invalid': ({ kind, text }) => ({
    message: `${topic(quoted(text))} ${argumentKinds[kind].is}`,
    hint: argumentKinds[kind].hint,
  }),
  'request.invalid': ({ issues }) => ({
    message: `요청이 거절되었고 바뀐 것은 없습니다: ${issues.map(inKorean).join('; ')}`,
    hint: 'naru help',
  }),
  'request.too-large': ({ limitBytes }) => ({
    message: `요청이 거절되었고 바뀐 것은 없습니다: 본문이 ${limitBytes / 1024} KiB보다 큽니다`,
    hint: '나누어 보내십시오',
  }),
  'token.missing': () => ({
    message: '이 서버는 토큰이 있어야 응답하는데, 보낸 토큰이 없습니다',
    hint: 'naru up을 실행한 사용자로 실행하거나, 다른 곳에서는 그 서버의 토큰으로 naru login URL을 실행하십시오',
  }),
  'token.invalid': () => ({
    message: '이 서버가 모르는 토큰을 보냈습니다',
    hint: 'naru up을 실행한 사용자로 실행하거나, 다른 곳에서는 그 서버의 토큰으로 naru login URL을 실행하십시오',
  }),
  'token.revoked': ({ name, by }) => ({
    message: `${subject(by)} 토큰 ${object(quoted(name))} 없애서 이 토큰이 열어 둔 것이 끝났습니다. 이미 시작된 빌드나 배포는 계속됩니다`,
    hint: '서버가 아는 토큰으로 naru login URL을 실행하십시오',
  }),
  'permission.denied': ({ permission }) => ({
    message: `보낸 토큰에는 ${quoted(permission)} 권한이 없습니다`,
    hint: '서버의 주인이 그 권한이 있는 토큰을 만들 수 있습니다: naru tokens create NAME --kind deployer 또는 owner',
  }),
  'token.exists': ({ name }) => ({
    message: `토큰 ${subject(quoted(name))} 이미 있습니다. 바뀐 것은 없습니다`,
    hint: `naru tokens revoke ${object(name)} 실행하거나 다른 이름을 쓰십시오`,
  }),
  'token.unknown': ({ name }) => ({
    message: `토큰 ${subject(quoted(name))} 없습니다. 바뀐 것은 없습니다`,
    hint: 'naru tokens',
  }),
  'token.owners': ({ name }) => ({
    message: `토큰 ${topic(quoted(name))} 데이터 폴더의 것이라 시작할 때마다 다시 생깁니다. 없애지 않았습니다`,
    hint: '바꾸려면: naru down --keep-apps, 데이터 폴더의 token 파일을 지우고 naru up',
  }),
  'context.unknown': ({ name, contexts }) => ({
    message: `컨텍스트 ${subject(quoted(name))} 없습니다. 있는 것: ${contexts.join(', ')}`,
    hint: 'naru login URL로 만들 수 있습니다',
  }),
  'file.unreadable': ({ file, reason }) => ({
    message: `${object(file)} 쓸 수 없습니다: ${inKorean(reason)}. 바뀐 것은 없습니다`,
    hint: `ls -l ${file}`,
  }),
  'path.unknown': ({ path }) => ({
    message: `API에 ${quoted(path)} 경로가 없습니다`,
    hint: 'naru version으로 명령줄과 서버의 버전이 같은지 확인하십시오',
  }),
} satisfies Partial<ErrorWords>

const argumentKinds: Record<ArgumentKind, { is: string; hint: string }> = {
  release: { is: '릴리스가 아닙니다', hint: '예: v3' },
  build: { is: '빌드 번호가 아닙니다', hint: 'naru builds로 번호를 볼 수 있습니다' },
  deployment: { is: '배포 번호가 아닙니다', hint: 'naru deployments로 번호를 볼 수 있습니다' },
  run: { is: '실행 번호가 아닙니다', hint: 'naru jobs로 번호를 볼 수 있습니다' },
  'line-count': { is: '줄 수가 아닙니다', hint: '예: 100' },
  time: { is: '시각이 아닙니다', hint: '예: 10m, 2h, 2026-03-01T12:00:00Z' },
  language: { is: 'Naru가 말하는 언어가 아닙니다', hint: '--lang en 또는 --lang ko' },
  'server-address': { is: '서버 주소가 아닙니다', hint: '예: https://naru.example.com' },
  'token-kind': { is: '토큰의 종류가 아닙니다', hint: '--kind owner, deployer, reader' },
  'api-address': {
    is: '주소가 아닙니다 (NARU_API의 값)',
    hint: '예: http://127.0.0.1:7878',
  },
  setting: { is: '설정을 정하는 형식이 아닙니다', hint: 'NAME=VALUE' },
  scale: { is: '서비스의 인스턴스 수가 아닙니다', hint: '예: web=3, 최대 50' },
  engine: { is: '엔진이 아닙니다. process와 docker가 있습니다', hint: 'naru up --engine docker' },
  'cache-limit': { is: '캐시의 크기가 아닙니다', hint: 'naru up --cache-limit 5GB' },
  program: { is: '실행할 프로그램이 아닙니다', hint: 'naru exec web -- sh' },
  'copied-path': {
    is: '복사할 파일이나 폴더의 이름이 아닙니다',
    hint: 'naru cp web:/data/report.csv .',
  },
  registry: {
    is: '레지스트리의 호스트가 아닙니다',
    hint: 'naru registry login ghcr.io --user NAME',
  },
  'builds-at-once': { is: '동시에 할 빌드 수가 아닙니다', hint: 'naru up --builds 2' },
}
