import type { Words } from '../../words.ts'

export const promote: Words['commands']['promote'] = {
  summary: '다른 환경에서 안정된 것을 다시 빌드하지 않고 production에 릴리스합니다',
  to: '받을 환경. 없으면 production',
  detach: '기다리지 않고 바로 돌아옵니다',
}
