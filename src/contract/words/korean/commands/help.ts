import type { Words } from '../../words.ts'

export const help: Words['commands']['help'] = {
  summary: '명령이 하는 일을 예와 함께 보여 줍니다',
}
