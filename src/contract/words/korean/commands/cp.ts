import type { Words } from '../../words.ts'

export const cp: Words['commands']['cp'] = {
  summary: '실행 중인 인스턴스와 파일을 주고받습니다 (SERVICE:PATH)',
  oneRemote: '둘 가운데 하나는 SERVICE:PATH, 다른 하나는 이 컴퓨터의 경로여야 합니다',
  leftOut: (name) => `파일도 폴더도 아니어서 뺐습니다: ${name}`,
  done: (files) => `파일 ${files}개를 복사했습니다`,
}
