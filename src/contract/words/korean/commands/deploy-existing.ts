import type { Words } from '../../words.ts'

export const deployExisting: Words['commands']['deployExisting'] = {
  build: '새로 빌드하지 않고 이 빌드가 만든 것을 배포합니다',
  again: '마지막으로 배포한 것을 지금의 설정과 비밀 값으로 다시 배포합니다',
  notBoth: '폴더, --build, --again은 모두 배포할 것을 정하므로 하나만 쓸 수 있습니다',
}
