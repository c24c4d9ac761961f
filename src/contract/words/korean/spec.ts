import type {
  ExpectedFacts,
  FoundFacts,
  SpecExpected,
  SpecFound,
  SpecMistake,
  SpecNoun,
  YamlComplaint,
} from '../../../base/spec-mistake.ts'
import { quoted } from '../text.ts'

/** One line: where, what was found, what was expected and what was probably meant. */
export function sayMistake(file: string, mistake: SpecMistake): string {
  const { line, column, path, nearest } = mistake
  const where = `${file}:${line}:${column}${path === '' ? '' : ` ${path}`}`
  const standing = sayFound(mistake.found)
  if (mistake.expected.is === 'later') return `${where}: ${standing} — 이 버전에는 없습니다`
  const meant = nearest === undefined ? '' : `. 혹시 ${quoted(nearest)}입니까?`
  return `${where}: 있는 것: ${standing}, 있어야 할 것: ${sayExpected(mistake.expected)}${meant}`
}

function sayFound(facts: SpecFound): string {
  const say = found[facts.is] as (facts: SpecFound) => string
  return say(facts)
}

function sayExpected(facts: SpecExpected): string {
  const say = expected[facts.is] as (facts: SpecExpected) => string
  return say(facts)
}

const nouns: Record<SpecNoun, string> = {
  service: '서비스',
  route: '경로',
  job: '작업',
  step: '단계',
  environment: '환경',
  setting: '설정',
  secret: '비밀 값',
  word: '단어',
  volume: '볼륨',
  package: '패키지',
}

const values = { nothing: '빈 값', list: '목록', mapping: '키와 값의 묶음', alias: '별칭(alias)' }

const found: { [C in keyof FoundFacts]: (facts: FoundFacts[C]) => string } = {
  text: ({ shown }) => shown,
  nothing: () => values.nothing,
  list: () => values.list,
  mapping: () => values.mapping,
  alias: () => values.alias,
  hidden: () => '다른 것',
  'hidden-name': () => '이름이 아닌 것',
  'empty-list': () => '빈 목록',
  key: ({ shown }) => `키 ${shown}`,
  'key-again': ({ shown }) => `두 번째로 나온 키 ${shown}`,
  'as-key': ({ what }) => `키 자리에 있는 ${values[what]}`,
  named: ({ what, shown }) => `${nouns[what]} ${shown}`,
  'without-command': ({ what, name }) => `command가 없는 ${nouns[what]} ${name}`,
  'too-many': ({ what, count }) => `${nouns[what]} ${count}개`,
  variable: ({ shown }) => `이름 ${shown}`,
  'no-service': () => '서비스가 없는 경로',
  'same-route': ({ line }) => `${line}번째 줄의 경로와 같은 호스트와 경로`,
  'same-branch': ({ environment, line }) => `${line}번째 줄에 있는 환경 ${environment}의 브랜치`,
  'health-times': ({ withinSeconds, forSeconds }) =>
    `healthy-within ${withinSeconds}s, healthy-for ${forSeconds}s`,
  wildcard: ({ shown }) => `와일드카드 ${shown}`,
  'long-text': () => '더 긴 텍스트',
  'unprintable-text': () => '프로그램에 넘길 수 없는 문자',
  'named-alias': ({ shown }) => `별칭 ${shown}`,
  tag: ({ shown }) => `태그 ${shown}`,
  character: ({ code }) => `문자 ${code}`,
  'not-utf8': () => 'UTF-8이 아닌 바이트',
  'big-file': ({ limitKiB }) => `${limitKiB} KiB보다 큰 파일`,
  'big-written-out': ({ limitKiB }) => `별칭을 풀어 쓰면 ${limitKiB} KiB보다 큰 파일`,
  deep: ({ levels }) => `${levels}단계보다 깊은 중첩`,
  'second-document': () => '두 번째 문서',
  'more-mistakes': ({ count }) => `그 밖의 잘못 ${count}개`,
  yaml: ({ complaint }) => complaints[complaint].found,
}

const oneOf = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '키 없음') : `${names.join(', ')} 중 하나`

const expected: { [C in keyof ExpectedFacts]: (facts: ExpectedFacts[C]) => string } = {
  later: () => '없음(이 버전에는 없습니다)',
  'one-of': ({ names }) => oneOf(names),
  home: ({ path }) => `${path} 자리에 쓴 키`,
  mapping: ({ example }) => `키와 값(예: ${example})`,
  list: ({ example }) => `목록(예: ${example})`,
  step: ({ example }) => `단계의 이름과 명령(예: ${example})`,
  'own-step': () => '목록의 항목마다 단계 하나',
  'at-least-one': ({ what, example }) => `하나 이상의 ${nouns[what]}(예: ${example})`,
  'at-most': ({ count }) => `많아야 ${count}개`,
  label: () => '영문 소문자, 숫자, 붙임표로 된 이름(첫 글자는 영문, 40자 이하)',
  'this-app': ({ app }) => `푸시한 앱인 ${quoted(app)}`,
  service: ({ names }) => (names.length > 0 ? `서비스의 이름: ${oneOf(names)}` : '서비스의 이름'),
  'command-of': ({ what }) =>
    what === 'service' ? 'command(web만 생략할 수 있습니다)' : 'command',
  command: () => '명령: 텍스트, 또는 프로그램과 인수의 목록',
  text: () => '비어 있지 않은 텍스트',
  'any-text': () => '텍스트(따옴표로 묶으면 무엇이든 텍스트이고, ""는 빈 텍스트입니다)',
  'printable-text': () => '출력할 수 있는 텍스트',
  'short-text': ({ limit }) => `${limit} 이하의 텍스트`,
  'whole-number': ({ least, most }) => `${least}부터 ${most}까지의 정수`,
  number: ({ least, most }) => `${least}부터 ${most}까지의 수`,
  duration: () => '단위가 있는 시간(예: 30s, 500ms, 2m)',
  'at-least-duration': ({ bound }) => `${bound} 이상`,
  'at-most-duration': ({ bound }) => `${bound} 이하`,
  size: () => '단위가 있는 크기(예: 500KB, 100MB, 2GB)',
  'at-most-size': ({ limit }) => `${limit} 이하`,
  'at-least-size': ({ limit }) => `${limit} 이상`,
  'volume-path': () => '.. 마디가 없는 컨테이너 안의 절대 경로(예: /data)',
  'package-name': () => 'Debian 패키지 이름(예: ffmpeg)',
  'image-reference': () => '이미지 이름(예: ghcr.io/team/shop:1.2)',
  'no-build-with-image': () => 'build 없음(image가 다른 곳에서 만든 이미지를 정합니다)',
  'stage-name': () => 'Dockerfile의 단계 이름(예: runtime)',
  'recreate-for-volumes': ({ service }) =>
    `recreate(${service}의 볼륨은 한 번에 한 릴리스만 쓸 수 있습니다)`,
  'healthy-within-longer': () => 'healthy-for보다 긴 healthy-within',
  'request-path': () => '/로 시작하는 경로',
  'route-path': () => '/로 시작하고 ?, #, //, .. 마디가 없는 경로',
  host: () => '스킴, 포트, 경로가 없는 호스트 이름(예: shop.example.com)',
  'folder-path': () => '.. 마디가 없는 저장소 안의 폴더(예: apps/web)',
  branch: () => '브랜치 이름(예: main)',
  'another-branch': () => '다른 환경이 배포하지 않는 브랜치',
  'another-route': () => '다른 호스트나 경로',
  'another-name': () => '다른 이름(Naru 자체의 단계가 쓰는 이름입니다)',
  'not-naru-name': () => '다른 이름(이 이름은 Naru가 직접 설정합니다)',
  'overlap-without-route': () => '경로가 없는 서비스(이 서비스는 응답이 끊깁니다)',
  'variable-name': () => '영문자, 숫자, 밑줄로 된 이름(첫 글자는 숫자가 아님, 128자 이하)',
  'secret-name': () => '비밀 값의 이름',
  'secret-names': () => '이름의 목록(예: [SESSION_KEY]). 값은 naru secret set으로 정합니다',
  'not-a-setting': () => '설정에는 없는 이름',
  'not-a-secret': () => '비밀 값에는 없는 이름',
  once: () => '한 번씩만 나오는 이름',
  'once-as-on': ({ line }) => `${line}번째 줄에 있는 것 하나만`,
  'key-name': () => '이름',
  'anchor-before': () => '그보다 앞에 있는 같은 이름의 앵커(anchor)',
  'no-tags': () => '태그 없음(타입은 이미 정해져 있습니다)',
  utf8: () => 'UTF-8로 된 출력할 수 있는 텍스트',
  fewer: () => '더 적은 수',
  'smaller-file': () => '더 작은 파일',
  'one-document': () => '파일 하나에 문서 하나',
  'corrected-first': () => '위의 잘못을 먼저 고치기',
  yaml: ({ complaint, bracket }) =>
    complaint === 'UNCLOSED' ? `닫는 ${bracket ?? '"'}` : complaints[complaint].expected,
}

const complaints: Record<YamlComplaint, { found: string; expected: string }> = {
  ALIAS_PROPS: { found: '앵커나 태그가 붙은 별칭', expected: '별칭만' },
  BAD_ALIAS: { found: '이름이 없는 별칭', expected: '*로 시작하는 텍스트를 묶는 따옴표' },
  BAD_COLLECTION_TYPE: { found: '맞지 않는 태그', expected: '태그 없음(타입은 정해져 있습니다)' },
  BAD_DIRECTIVE: { found: '% 지시문', expected: '지시문 없음' },
  BAD_DQ_ESCAPE: {
    found: '알 수 없는 \\ 이스케이프',
    expected: "역슬래시는 \\\\, 또는 작은따옴표('…')",
  },
  BAD_INDENT: { found: '들여쓰기가 다른 줄', expected: '이웃한 줄과 같은 들여쓰기' },
  BAD_PROP_ORDER: { found: '자리가 잘못된 앵커나 태그', expected: '값 바로 앞' },
  BAD_SCALAR_START: { found: '예약된 문자로 시작하는 텍스트', expected: '텍스트를 묶는 따옴표' },
  BLOCK_AS_IMPLICIT_KEY: {
    found: '한 줄에 두 번 나온 ": "',
    expected: '텍스트를 묶는 따옴표, 또는 다른 줄에 쓴 키',
  },
  BLOCK_IN_FLOW: {
    found: '{ }나 [ ] 안의 들여 쓴 블록',
    expected: '괄호와 들여쓰기 중 한 가지 방식',
  },
  DUPLICATE_KEY: { found: '두 번 나온 키', expected: '한 번씩만 나오는 키' },
  IMPOSSIBLE: { found: 'YAML이 아닌 것', expected: '올바른 YAML' },
  KEY_OVER_1024_CHARS: { found: '1,024자보다 긴 키', expected: '이름' },
  MISSING_CHAR: { found: '":"가 없는 줄', expected: '키: 값' },
  MULTILINE_IMPLICIT_KEY: { found: '":"가 없는 줄', expected: '키: 값' },
  MULTIPLE_ANCHORS: { found: '두 번째 앵커', expected: '많아야 하나' },
  MULTIPLE_DOCS: { found: '두 번째 문서', expected: '파일 하나에 문서 하나' },
  MULTIPLE_TAGS: { found: '두 번째 태그', expected: '태그 없음(타입은 정해져 있습니다)' },
  NON_STRING_KEY: { found: '텍스트가 아닌 키', expected: '이름' },
  RESOURCE_EXHAUSTION: { found: '읽을 수 있는 것보다 많은 내용', expected: '더 작은 파일' },
  TAB_AS_INDENT: { found: '들여쓰기에 쓴 탭', expected: '공백' },
  TAG_RESOLVE_FAILED: { found: '알 수 없는 태그', expected: '태그 없음(타입은 정해져 있습니다)' },
  UNEXPECTED_TOKEN: { found: '여기에 올 수 없는 것', expected: '다른 줄에 쓴 다음 키' },
  UNCLOSED: { found: '닫히지 않은 채 끝난 텍스트', expected: '닫는 따옴표나 괄호' },
  OPEN_BRACKET: { found: '아직 닫히지 않은 괄호', expected: '닫는 괄호, 또는 들여 쓴 줄' },
  UNKNOWN: { found: 'YAML이 아닌 것', expected: '올바른 YAML' },
}
