import type { ForeignGiven, ForeignNote } from '../../../model/foreign-note.ts'
import { object } from './particles.ts'

/** A key of another tool's file, and what it would be here. */
export function foreign({ file, line, key, means }: ForeignNote): string {
  const where = `${file}:${line}${key === '' ? '' : ` ${key}`}`
  if (means === null) return `${where}: 여기에서는 뜻이 없습니다`
  switch (means.is) {
    case 'unreadable':
      return `${where}: 여기부터 파일을 읽을 수 없어 아무것도 살펴보지 않았습니다`
    case 'write':
      return `${where}: 적용하지 않았습니다. naru.yaml에는 이렇게 씁니다: ${means.write}`
    case 'variables':
      return `${where}: 적용하지 않았습니다. naru settings set NAME=VALUE 또는 naru secret set NAME으로 값을 정합니다: ${shown(means.names)}`
    case 'given':
      return `${where}: 필요하지 않습니다. ${given[means.what]}`
    case 'backing':
      return `${where}: Naru는 ${object(means.image)} 실행하지 않습니다. 다른 곳에서 실행하고 naru secret set NAME으로 주소를 정합니다`
    case 'more':
      return `${file}: 적용하지 않은 키가 ${means.count}개 더 있습니다`
  }
}

function shown(names: readonly string[]): string {
  return names.length > 8
    ? `${names.slice(0, 7).join(', ')} 외 ${names.length - 7}개`
    : names.join(', ')
}

const given: Record<ForeignGiven, string> = {
  port: '인스턴스마다 Naru가 PORT로 포트를 줍니다',
  restart: '끝난 것은 Naru가 다시 시작합니다',
  build: '빌드하는 방법은 Naru가 파일을 보고 알아냅니다',
  router: '모든 앱의 HTTP는 Naru의 라우터가 맡습니다',
  network: '앱의 서비스는 한 기계에서 함께 시작합니다',
  name: '인스턴스의 이름은 Naru가 정합니다',
  version: '앱에 관한 내용이 아닙니다',
  template: '별칭이 가리키는 곳에서 읽습니다',
  about: '사람을 위한 설명입니다',
  health: '인스턴스가 연결을 받는지 Naru가 확인합니다',
}
