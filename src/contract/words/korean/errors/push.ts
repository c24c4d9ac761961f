import type { Facts } from '../../../../base/error.ts'
import { branchWays } from '../../branch-ways.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted, shortRef } from '../../text.ts'
import { listed } from '../grammar.ts'
import { object, subject, topic } from '../particles.ts'

export const pushErrors = {
  'push.branch': (facts) => ({
    message: `${facts.app}에는 브랜치 ${object(quoted(facts.branch))} 배포하는 환경이 없습니다(${listed(facts.deployed.map((one) => `${topic(one.environment)} ${one.branch}`))}). 바뀐 것은 없습니다`,
    hint: waysOf(facts),
  }),
  'push.tag': ({ tag }) => ({
    message: `태그는 배포하지 않는데, 이 푸시는 태그 ${quoted(tag)}의 푸시입니다. 바뀐 것은 없습니다`,
    hint: 'git push naru HEAD:main',
  }),
  'push.deletion': ({ ref }) => ({
    message: `${topic(shortRef(ref))} 여기서 지울 수 없고, 서비스 중인 것은 계속 서비스합니다`,
    hint: '앱 전체는 naru destroy, 환경 하나는 naru env destroy로 지웁니다',
  }),
  'push.not-a-branch': ({ ref }) => ({
    message: `브랜치만 배포하는데, 이 푸시는 ${quoted(ref)}에 한 푸시입니다. 바뀐 것은 없습니다`,
    hint: 'git push naru HEAD:main',
  }),
  'push.several': () => ({
    message: '한 번의 푸시는 브랜치 하나를 배포하는데, 여러 개를 보냈습니다. 바뀐 것은 없습니다',
    hint: 'git push naru main',
  }),
  'commit.unknown': ({ app, commit }) => ({
    message: `${app}의 저장소에는 커밋 ${subject(quoted(commit.slice(0, 12)))} 없습니다`,
    hint: 'git push naru main',
  }),
  'repository.none': ({ folder }) => ({
    message: `${topic(folder)} git 저장소 안이 아닙니다`,
    hint: 'git init',
  }),
} satisfies Partial<ErrorWords>

function waysOf(facts: Facts['push.branch']): string {
  const { create, push } = branchWays(facts)
  return create === null ? push : `환경을 만들려면 ${create}, production에 배포하려면 ${push}`
}
