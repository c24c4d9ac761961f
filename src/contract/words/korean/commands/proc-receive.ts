import type { Words } from '../../words.ts'

export const procReceive: Words['commands']['procReceive'] = {
  summary: '푸시를 결정하는 훅. git이 쓰는 명령입니다',
}
