import type {
  ArchiveDamage,
  ArchiveLimit,
  EntryFault,
  ForeignArchive,
  UnreadableReason,
} from '../../../../base/archive-fault.ts'
import type { ErrorWords } from '../../said.ts'
import { quoted } from '../../text.ts'
import { sayBytes } from '../grammar.ts'

export const archiveErrors = {
  'archive.missing': ({ path }) => ({
    message: `다음 이름의 폴더나 압축 파일이 없습니다: ${quoted(path)}`,
    hint: 'naru deploy는 지금 있는 폴더를 보내고, naru deploy shop.tar.gz는 압축 파일을 보냅니다',
  }),
  'archive.unknown': ({ name, found }) => ({
    message: `${quoted(name)}: ${foreign[found]}. 아무것도 보내지 않았습니다`,
    hint: '압축을 풀고 naru deploy FOLDER를 입력하거나 .tar.gz, .tar, .zip 파일을 보내십시오',
  }),
  'archive.broken': ({ name, damage }) => ({
    message: `${quoted(name)}: ${damages[damage]}. 아무것도 배포하지 않았습니다`,
    hint: '압축 파일을 다시 만들거나, 압축을 풀고 naru deploy FOLDER를 입력하십시오',
  }),
  'archive.entry': ({ entry, fault, other }) => {
    const { why, hint } = faults[fault](quoted(other ?? ''))
    return {
      message: `받을 수 없는 항목이 있어 아무것도 배포하지 않았습니다. ${quoted(entry)}: ${why}`,
      hint,
    }
  },
  'archive.too-large': ({ what, limit }) => ({
    message: `${limits[what](limit)}. 아무것도 배포하지 않았습니다`,
    hint: '앱에 필요 없는 파일은 .naruignore에 적어 빼십시오',
  }),
  'archive.empty': ({ name }) => ({
    message: `배포할 파일이 없습니다: ${quoted(name)}`,
    hint: '앱의 폴더로 naru deploy FOLDER를 입력하십시오. 무엇을 뺄지는 .gitignore와 .naruignore가 정합니다',
  }),
  'archive.unreadable': ({ path, why }) => ({
    message: `묶을 수 없는 파일이 있습니다. ${quoted(path)}: ${unreadable[why]}`,
    hint: 'naru deploy로 다시 시도하거나 .naruignore에 적어 빼십시오',
  }),
} satisfies Partial<ErrorWords>

const foreign: Record<ForeignArchive, string> = {
  rar: 'RAR 압축 파일입니다',
  '7z': '7-Zip 압축 파일입니다',
  xz: 'xz로 압축되어 있습니다',
  bzip2: 'bzip2로 압축되어 있습니다',
  zstd: 'zstd로 압축되어 있습니다',
  zip64: 'zip64 형식의 zip 파일입니다',
  'split-zip': '나누어진 zip 파일의 한 조각입니다',
  'no-archive': '압축 파일이 아닙니다',
  'no-bytes': '빈 파일입니다',
}

const damages: Record<ArchiveDamage, string> = {
  'cut-off': '뒷부분이 잘려 있습니다',
  damaged: '손상되어 읽을 수 없습니다',
  checksum: '손상되어 내용이 체크섬과 맞지 않습니다',
}

const rename = '이름을 바꾸거나 .naruignore에 적어 빼십시오'
const leaveOut = '.naruignore에 적어 빼십시오'
const relink = '링크가 앱 안의 파일을 가리키게 하거나 .naruignore에 적어 빼십시오'
const again = '압축 파일을 다시 만드십시오'

const faults: Record<EntryFault, (other: string) => { why: string; hint: string }> = {
  outside: () => ({
    why: '경로가 압축 파일 밖을 가리킵니다',
    hint: '경로에 ".." 없이 압축 파일을 다시 만드십시오',
  }),
  absolute: () => ({
    why: '절대 경로입니다',
    hint: '폴더 안에서 압축 파일을 다시 만드십시오: tar -czf shop.tar.gz -C FOLDER .',
  }),
  backslash: () => ({
    why: '경로에 역슬래시가 있습니다',
    hint: '이름 사이에 / 를 써서 압축 파일을 다시 만드십시오',
  }),
  control: () => ({ why: '이름에 제어 문자가 있습니다', hint: rename }),
  'not-utf8': () => ({ why: '이름이 UTF-8이 아닙니다', hint: rename }),
  'too-long': () => ({ why: '경로가 너무 길거나 너무 깊습니다', hint: rename }),
  nameless: () => ({ why: '이름이 없습니다', hint: again }),
  git: () => ({ why: 'git이 쓰는 이름입니다', hint: rename }),
  twice: () => ({
    why: '두 번 들어 있습니다',
    hint: '파일마다 한 번씩만 넣어 압축 파일을 다시 만드십시오',
  }),
  case: (other) => ({ why: `대소문자나 표기만 다른 이름이 있습니다: ${other}`, hint: rename }),
  'file-and-folder': (other) => ({
    why: `같은 이름의 파일과 폴더가 있습니다: ${other}`,
    hint: again,
  }),
  'through-link': (other) => ({
    why: `경로가 링크를 지나갑니다: ${other}`,
    hint: '링크 뒤에 있는 것은 빼고 압축 파일을 다시 만드십시오',
  }),
  'link-outside': () => ({ why: '배포할 파일 밖을 가리키는 링크입니다', hint: relink }),
  'link-absolute': () => ({ why: '절대 경로를 가리키는 링크입니다', hint: relink }),
  'link-circle': () => ({ why: '제자리로 돌아오는 링크입니다', hint: relink }),
  'hard-link': () => ({
    why: '하드 링크입니다',
    hint: 'tar --hard-dereference는 파일 자체를 넣습니다',
  }),
  device: () => ({ why: '장치 파일입니다', hint: leaveOut }),
  fifo: () => ({ why: '이름 있는 파이프입니다', hint: leaveOut }),
  socket: () => ({ why: '소켓입니다', hint: leaveOut }),
  sparse: () => ({
    why: '희소 파일로 묶여 있습니다',
    hint: 'tar --sparse 없이 압축 파일을 다시 만드십시오',
  }),
  encrypted: () => ({ why: '암호화되어 있습니다', hint: '암호 없이 압축 파일을 다시 만드십시오' }),
  method: () => ({
    why: 'Naru가 읽지 못하는 방식으로 압축되어 있습니다',
    hint: '.tar.gz 파일로 다시 만드십시오',
  }),
  unknown: () => ({ why: '파일도 폴더도 링크도 아닙니다', hint: leaveOut }),
}

const limits: Record<ArchiveLimit, (limit: number) => string> = {
  sent: (limit) => `보내는 파일이 ${sayBytes(limit)}보다 큽니다`,
  unpacked: (limit) => `파일을 모두 합하면 ${sayBytes(limit)}보다 큽니다`,
  entries: (limit) => `파일과 폴더가 ${limit}개보다 많습니다`,
  growth: (limit) => `압축을 풀면 ${limit}배 넘게 커지는 압축 파일입니다`,
}

const unreadable: Record<UnreadableReason, string> = {
  denied: '읽을 권한이 없습니다',
  gone: '방금까지 있었지만 사라졌습니다',
  shrunk: '읽는 동안 짧아졌습니다',
  failed: '읽지 못했습니다',
}
