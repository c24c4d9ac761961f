import type { LaterWish } from '../../../../base/error.ts'
import { production } from '../../../../model/environment.ts'
import { releaseName as v } from '../../../../model/release.ts'
import type { ErrorWords } from '../../said.ts'
import { placeOptions, quoted } from '../../text.ts'
import { listed } from '../grammar.ts'
import { object, subject, toward } from '../particles.ts'
import { states } from '../states.ts'

/** Environments, branches, scale, and deployments of what was built before. */
export const placeErrors = {
  'environment.exists': ({ app, environment }) => ({
    message: `${app}에는 ${quoted(environment)} 환경이 이미 있어서 바뀐 것이 없습니다`,
    hint: `naru status --env ${environment} --app ${app}`,
  }),
  'environment.production': ({ app }) => ({
    message: '모든 앱에 production이 있으므로 이것만 지울 수는 없습니다. 지운 것은 없습니다',
    hint: `앱 전체를 지우려면 naru destroy --app ${app}`,
  }),
  'host.too-long': ({ host, limit }) => ({
    message: `주소가 ${host}인데, 호스트 이름의 한 마디는 ${limit}자를 넘을 수 없습니다. 바뀐 것은 없습니다`,
    hint: '더 짧은 이름으로 naru env create NAME을 실행하십시오',
  }),
  'branch.taken': ({ app, branch, environments }) => ({
    message: `${app}의 환경 ${environments.length}개가 브랜치 ${object(quoted(branch))} 배포합니다: ${listed(environments)}. 어느 것인지 알 수 없어 바뀐 것이 없습니다`,
    hint: 'naru.yaml의 environments에서 환경마다 다른 브랜치를 정하십시오',
  }),
  'branch.nested': ({ app, branch, environment, other }) => ({
    message: `${app}의 ${subject(environment)} 브랜치 ${object(quoted(other))} 배포하는데, 하나가 다른 하나의 폴더가 되므로 git에는 ${subject(quoted(branch))} 함께 있을 수 없습니다. 바뀐 것은 없습니다`,
    hint: '한쪽에 다른 브랜치를 정하십시오: naru env create NAME --branch BRANCH, 또는 naru.yaml의 environments',
  }),
  'build.cancelled': ({ build, by }) => ({
    message: `${subject(by)} 빌드 ${object(String(build))} 취소해서 릴리스가 없습니다`,
    hint: `naru builds show ${build}`,
  }),
  'build.overtaken': ({ build, wish, release, by }) => ({
    message: `그사이 ${subject(by)} ${did[wish](v(release))} 빌드 ${object(String(build))} 그만두었습니다`,
    hint: '무엇이 배포되었는지는 naru deployments로 보고, 다시 빌드하려면 같은 푸시를 한 번 더 하십시오',
  }),
  'build.over': ({ app, build, status }) => ({
    message: `${app}의 빌드 ${build}: 이미 끝났습니다(${states.word(status)})`,
    hint: `naru builds show ${build} --app ${app}`,
  }),
  'build.no-artifact': ({ app, build, status }) => ({
    message: `${app}의 빌드 ${build}의 상태가 ${states.word(status)}이라 배포할 것이 없습니다`,
    hint: `성공한 빌드는 naru builds --app ${app}`,
  }),
  'build.gone': ({ app, build, digest }) => ({
    message: `${app}의 빌드 ${subject(String(build))} 만든 것은 더 이상 보관되어 있지 않습니다(${digest.slice(0, 19)})`,
    hint: `다시 푸시할 브랜치는 naru env list --app ${app}, 다른 빌드는 naru builds --app ${app}`,
  }),
  'deployment.none': ({ app, environment }) => ({
    message: `${app}의 ${environment}에는 배포된 적이 없어서 다시 배포할 것이 없습니다`,
    hint: `naru builds --app ${app} 다음 naru deploy --build N${placeOptions(app, environment)}`,
  }),
  'promotion.none': ({ app, from }) => ({
    message: `${app}의 ${from}에는 안정된 릴리스가 없어서 승격할 것이 없습니다`,
    hint: `naru status --env ${from} --app ${app}`,
  }),
  'promotion.same': ({ app, environment, variable = false }) => ({
    message: `${variable ? 'NARU_ENVIRONMENT가 승격할 곳을 정하는데, ' : ''}${app}의 ${object(environment)} 자기 자신으로 승격할 수는 없습니다. 바뀐 것은 없습니다`,
    hint:
      environment === production
        ? `naru env list --app ${app}`
        : `naru promote ${environment} --to ${production} --app ${app}`,
  }),
  'service.unknown': ({ app, environment, service, services }) => ({
    message: `${app}(${environment})에는 ${quoted(service)} 서비스가 없어서 바뀐 것이 없습니다. ${services.length === 0 ? '아직 릴리스가 없습니다' : `있는 서비스: ${listed(services)}`}`,
    hint: `naru scale --env ${environment} --app ${app}`,
  }),
  'scale.zero': ({ app, environment, service }) => ({
    message: `${app}(${environment})의 트래픽을 ${subject(service)} 받고 있어서, 인스턴스를 0개로 하면 모든 방문자가 돌아가게 됩니다. 바뀐 것은 없습니다`,
    hint: `naru scale ${service}=0 --env ${environment} --app ${app} --confirm ${app}`,
  }),
} satisfies Partial<ErrorWords>

const did: Record<LaterWish, (release: string) => string> = {
  rollback: (release) => `${toward(release)} 되돌려서`,
  deploy: (release) => `${object(release)} 배포해서`,
  promotion: (release) => `${object(release)} 승격해서`,
}
