import type { Words } from '../../words.ts'

export const completion: Words['commands']['completion'] = {
  summary: 'bash, zsh, fish에서 naru 자동 완성을 켭니다',
  complete: '셸이 단어를 완성하려고 부르는 명령',
  unknown: (shell) =>
    `${shell}: 자동 완성을 할 수 있는 셸이 아닙니다. bash, zsh, fish를 쓸 수 있습니다`,
}
