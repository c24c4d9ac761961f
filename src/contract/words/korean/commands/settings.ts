import type { Words } from '../../words.ts'

export const settings: Words['commands']['settings'] = {
  summary: '앱의 설정을 다룹니다',
  none: (app) => `${app}에는 따로 정한 설정이 없습니다`,
  list: { summary: '설정을 보여 줍니다' },
  set: { summary: '설정을 정하고 배포합니다' },
  unset: { summary: '설정을 지우고 배포합니다' },
  import: {
    summary: '.env 파일의 내용을 가져옵니다. 비밀처럼 보이는 것은 비밀 값이 됩니다',
    allSecret: '모두 비밀 값으로',
    allPlain: '모두 설정으로. 접근할 수 있는 사람은 누구나 읽을 수 있습니다',
    skipped: (names) =>
      `Naru가 직접 정하거나 프로그램에 줄 수 없어서 뺐습니다: ${names.join(', ')}`,
    asSecrets: (names) => `이름을 보고 비밀 값으로: ${names.join(', ')}`,
    asSettings: (names) => `설정으로: ${names.join(', ')}`,
  },
}
