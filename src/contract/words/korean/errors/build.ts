import type { ErrorWords } from '../../said.ts'
import { quoted } from '../../text.ts'
import { listed, sayDuration, sayExit } from '../grammar.ts'
import { object, subject, topic, toward } from '../particles.ts'
import { inKorean } from '../phrases.ts'
import { addStart } from './languages.ts'

export const buildErrors = {
  'build.unknown': ({ app, build }) => ({
    message: `${app}에는 빌드 ${subject(String(build))} 없습니다`,
    hint: `naru builds --app ${app}`,
  }),
  'build.no-start': ({ found, language }) => ({
    message: `web을 시작하는 방법을 알 수 없습니다. 찾은 것: ${inKorean(found)}`,
    hint:
      found === 'a package.json that is not valid JSON'
        ? `package.json을 고치십시오. 어디가 틀렸는지는 node -p "require('./package.json')"이 말해 줍니다`
        : language === undefined
          ? 'package.json의 scripts에 "start"를 넣거나, naru.yaml에 services.web.command를 적으십시오'
          : addStart[language],
  }),
  'build.no-lockfile': ({ manager = 'npm', lockfile = 'package-lock.json' }) => ({
    message: `package.json에 의존성이 있는데, 버전을 정하는 ${subject(lockfile)} 없습니다`,
    hint: `${manager} install을 실행하고 ${object(lockfile)} 커밋하십시오`,
  }),
  'build.unrecognised': ({ files }) => ({
    message: `이 저장소를 어떻게 빌드할지 알 수 없습니다. 찾은 것: ${listed(files) || '파일 없음'}`,
    hint: 'package.json이나 index.html을 넣거나, naru.yaml에 services.web.command를 적으십시오',
  }),
  'build.step-failed': ({ build, step, exitCode, signal, seconds }) => ({
    message: `빌드 ${build}의 ${subject(quoted(step))} ${seconds === undefined ? '' : `${sayDuration(seconds)} 만에 `}실패해서(${sayExit({ code: exitCode, signal })}) 릴리스가 없습니다`,
    hint: `naru builds show ${build}`,
  }),
  'build.superseded': ({ build, by }) => ({
    message: `빌드 ${topic(String(build))} 빌드 ${toward(String(by))} 대체되었습니다`,
    hint: `naru builds show ${by}`,
  }),
  'build.disk-full': ({ build }) => ({
    message: `빌드 ${build} 도중에 디스크가 가득 차서 릴리스가 없습니다`,
    hint: 'df -h로 보고 자리를 만든 다음 다시 푸시하십시오',
  }),
} satisfies Partial<ErrorWords>
