import type { ErrorWords } from '../../said.ts'
import { nextPort } from '../../text.ts'
import { sayBytes } from '../grammar.ts'
import { object, subject, topic, toward } from '../particles.ts'
import { inKorean } from '../phrases.ts'

export const machineErrors = {
  'server.unreachable': ({ address }) => ({
    message: `${address} 주소에서 응답하는 Naru 서버가 없습니다`,
    hint: 'naru up',
  }),
  'server.port-taken': ({ address, flag, holder }) => ({
    message: `${subject(inKorean(holder))} 이미 쓰고 있어서 Naru가 ${address} 주소를 쓸 수 없습니다`,
    hint: `naru up ${flag} ${nextPort(address)}`,
  }),
  'server.start-failed': ({ log }) => ({
    message: `서버가 준비되기 전에 끝났습니다. 마지막으로 남긴 말은 ${log}에 있습니다`,
    hint: 'naru up --foreground',
  }),
  'server.apps-left': ({ engine, reason }) => ({
    message: `Naru와 라우터는 내려갔지만, ${engine} 엔진이 응답하지 않아서 거기서 실행 중인 앱은 계속 실행됩니다: ${inKorean(reason)}`,
    hint: '엔진이 다시 응답하면: naru down',
  }),
  'data.unwritable': ({ folder, reason }) => ({
    message: `Naru가 데이터 폴더 ${folder}에 쓸 수 없습니다: ${inKorean(reason)}`,
    hint: '쓸 수 있는 폴더를 정하십시오: naru up --data FOLDER',
  }),
  'data.locked': ({ folder }) => ({
    message: `다른 Naru 서버가 ${object(folder)} 쓰고 있어서 이 서버는 시작하지 않았습니다`,
    hint: `naru status --data ${folder}`,
  }),
  'data.full': ({ folder }) => ({
    message: `${subject(folder)} 있는 디스크가 가득 찼습니다. 서비스 중인 것은 계속 서비스합니다`,
    hint: `df -h ${folder}`,
  }),
  'disk.filling': ({ folder, usedPercent, freeBytes }) => ({
    message: `${subject(folder)} 있는 디스크가 ${usedPercent}% 찼고 ${sayBytes(freeBytes)} 남아 빌드하지 않았습니다. 서비스 중인 것은 계속 서비스합니다`,
    hint: `자리를 만든 뒤 다시 push하십시오: du -xh ${folder} | sort -h | tail`,
  }),
  'data.busy': ({ file }) => ({
    message: `다른 프로그램이 ${object(file)} 붙잡고 있어서 아무것도 바꾸지 않았습니다`,
    hint: `${object(file)} 열어 둔 프로그램(데이터베이스 셸 등)을 닫고 다시 하십시오`,
  }),
  'data.broken': ({ file, reason }) => ({
    message: `${subject(file)} 손상되어 Naru가 건드리지 않습니다: ${inKorean(reason)}`,
    hint: '그 옆의 copies 폴더에 있는 사본 하나를 되돌려 놓고(docs/store.md에 방법이 있습니다) naru up을 실행하십시오',
  }),
  'data.newer': ({ file, found }) => ({
    message: `${topic(file)} 더 새로운 Naru가 쓴 것이라(${found}) 이 버전은 건드리지 않습니다`,
    hint: '그 버전의 Naru를 시작하거나, 그 옆의 copies 폴더에 있는 사본 하나를 되돌려 놓으십시오(docs/store.md에 방법이 있습니다)',
  }),
  'data.unreachable': ({ folder, user }) => ({
    message: `앱은 사용자 ${user} 권한으로 실행되는데, 이 사용자는 ${folder} 안에 들어갈 수 없습니다`,
    hint: 'naru up --data /var/lib/naru',
  }),
  'data.noexec': ({ folder }) => ({
    message: `${folder}의 파일 시스템이 noexec 옵션으로 마운트되어 있어 그 안의 프로그램을 실행할 수 없으므로, 앱을 돌릴 수 없습니다`,
    hint: '다른 파일 시스템의 폴더를 정하십시오: naru up --data FOLDER',
  }),
  'node.too-old': ({ found, needed }) => ({
    message: `Naru에 필요한 Node.js는 ${inKorean(needed)}인데, 지금은 ${found} 버전입니다`,
    hint: 'https://nodejs.org 사이트에서 설치하십시오',
  }),
  'git.missing': () => ({
    message: 'Naru에는 git이 필요한데 PATH에 없습니다',
    hint: 'apt-get install git',
  }),
  'git.too-old': ({ found, needed }) => ({
    message: `Naru에는 git ${needed} 이상이 필요한데, 지금은 ${found} 버전입니다`,
    hint: 'apt-get install git',
  }),
  'git.failed': ({ command, reason }) => ({
    message: `${command} 명령이 실패했습니다: ${inKorean(reason)}`,
    hint: 'git status',
  }),
  'user.missing': ({ user, reason }) => ({
    message: `Naru는 앱을 사용자 ${toward(user)} 실행하는데, 그 사용자를 만들지 못했습니다: ${inKorean(reason)}`,
    hint: `useradd --system ${user}`,
  }),
  'platform.unsupported': ({ platform }) => ({
    message: `Naru는 Linux와 macOS에서 실행되는데, 여기는 ${platform} 환경입니다`,
    hint: 'Windows에서는 WSL 2를 쓰십시오: wsl --install 다음 그 안에서 README를 따라 하십시오',
  }),
  'boot.unsupported': () => ({
    message:
      '여기에는 systemd도 launchd도 없어서, 부팅할 때 Naru를 시작하도록 설정한 것이 없습니다',
    hint: '프로그램을 시작해 주는 것이 naru up --foreground를 실행하게 하십시오',
  }),
  'boot.failed': ({ command, reason }) => ({
    message: `${command} 명령이 실패해서 Naru가 부팅할 때 시작되지 않습니다: ${inKorean(reason)}`,
    hint: 'naru doctor',
  }),
  'doctor.bad': ({ count }) => ({
    message: `걸림돌이 ${count}개 있습니다. 위에 ✖ 표시가 있습니다`,
    hint: '화살표 뒤에 적힌 대로 한 다음 naru doctor를 다시 실행하십시오',
  }),
} satisfies Partial<ErrorWords>
