import { releaseName as v } from '../../../../model/release.ts'
import type { ErrorWords } from '../../said.ts'
import { placeOptions } from '../../text.ts'
import { object, subject, topic } from '../particles.ts'
import { sayStatus } from '../states.ts'

export const releaseErrors = {
  'release.unknown': ({ app, environment, release }) => ({
    message: `${app}에는 릴리스 ${subject(v(release))} 없습니다`,
    hint: `naru releases${placeOptions(app, environment)}`,
  }),
  'release.never-stable': ({ app, environment, release }) => ({
    message: `${app}의 ${topic(v(release))} 안정 상태였던 적이 없어서 되돌아갈 수 없습니다`,
    hint: `naru releases${placeOptions(app, environment)}`,
  }),
  'release.serving': ({ app, environment, release }) => ({
    message: `${app}의 ${topic(v(release))} 이미 서비스 중입니다`,
    hint: `naru status${placeOptions(app, environment)}`,
  }),
  'release.none': ({ app, environment }) => ({
    message: `${app}의 ${environment}에는 되돌아갈 릴리스가 없습니다`,
    hint: `naru releases${placeOptions(app, environment)}`,
  }),
  'artifact.missing': ({ app, environment, release, digest }) => ({
    message: `${app}의 ${object(v(release))} 위해 빌드한 것이 사라졌습니다(${digest.slice(0, 19)})`,
    hint: `다른 릴리스는 naru releases${placeOptions(app, environment)}, 다시 푸시할 브랜치는 naru env list --app ${app}`,
  }),
  'deployment.unknown': ({ app, environment, deployment }) => ({
    message: `${app}에는 배포 ${subject(String(deployment))} 없습니다`,
    hint: `naru deployments${placeOptions(app, environment)}`,
  }),
  'deployment.over': ({ app, environment, deployment, status }) => ({
    message: `${app}의 배포 ${topic(String(deployment))} 이미 끝났습니다: ${sayStatus(status)}`,
    hint: `naru deployments show ${deployment}${placeOptions(app, environment)}`,
  }),
} satisfies Partial<ErrorWords>
