import type { Words } from '../../words.ts'

export const down: Words['commands']['down'] = {
  summary: '서버, 라우터, 앱을 멈춥니다',
  keepApps: '서버만 멈춥니다. 앱은 계속 서비스하고, 다음 naru up이 이어받습니다',
  atBoot: 'naru up --at-boot로 설정한, 부팅할 때의 시작도 그만둡니다',
  notAtBoot: (file) => `이제 부팅할 때 시작되지 않습니다. 지운 파일: ${file}`,
  kept: 'Naru가 멈추었습니다. 라우터와 앱은 계속됩니다.',
  done: (folder) =>
    `Naru와 라우터와 앱이 모두 멈추었습니다. 저장된 것은 ${folder} 폴더에 남아 있습니다.`,
  noneRuns: (folder) => `${folder} 폴더로 실행 중인 서버가 없습니다.`,
  noneEver: (folder) => `${folder} 폴더로 실행 중인 서버가 없고, 실행된 적도 없습니다.`,
  leftovers: (folder) =>
    `${folder} 폴더로 실행 중인 서버는 없었습니다. 이제 그 라우터와 앱도 실행되지 않습니다.`,
  stillThere: (pid, seconds) =>
    `끝내라는 말을 들은 지 ${seconds}초가 지나도 서버가 끝나지 않았습니다(pid ${pid})`,
}
