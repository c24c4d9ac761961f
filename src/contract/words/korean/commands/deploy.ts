import { quoted } from '../../text.ts'
import { sayBytes } from '../grammar.ts'

export const deploy = {
  summary: 'git 없이 폴더나 압축 파일을 빌드하고 배포합니다',
  name: '사람들이 읽을 빌드 제목',
  wholeHome: (folder: string) =>
    `${folder} 폴더는 앱이 아닙니다. 키를 비롯해 그 안의 모든 것을 보내게 되므로 아무것도 보내지 않았습니다`,
  wholeHomeHint: 'cd FOLDER; naru deploy',
  appMade: (app: string) => `앱을 만들었습니다: ${app}`,
  packed: ({
    name,
    files,
    bytes,
    changes,
  }: {
    name: string
    files: number
    bytes: number
    changes: number | null
  }) => {
    const uncommitted =
      changes === null || changes === 0 ? '' : `, 커밋하지 않은 변경 ${changes}개 포함`
    return `${name}: 파일 ${files}개, ${sayBytes(bytes)}${uncommitted}`
  },
  stripped: (folder: string) =>
    `모든 것이 한 폴더 안에 있어 그 내용을 배포합니다: ${quoted(folder)}`,
  leftOut: (names: readonly string[]) => `뺀 것: ${names.join(', ')}`,
  envLeftOut: (names: readonly string[]) =>
    `비밀 값은 코드가 아니라 Naru에 두어야 하므로 뺀 것: ${names.join(', ')} (naru settings import FILE)`,
  sending: (bytes: number) => `${sayBytes(bytes)} 보내는 중입니다`,
  sent: (bytes: number, seconds: number) =>
    `${sayBytes(bytes)} 전송 완료, ${seconds.toFixed(1)}초 걸렸습니다`,
  queued: (build: number) => `대기 중인 빌드: ${build}. 보기: naru builds show ${build} --follow`,
}
