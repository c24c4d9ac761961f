import type { Words } from '../../words.ts'

export const up: Words['commands']['up'] = {
  summary: '여기서 서버를 백그라운드로 시작합니다',
  http: (first) => `방문자가 앱에 접속하는 주소. 지난번 그대로, 처음에는 ${first}`,
  api: (first) => `이 명령줄과 git이 Naru에 접속하는 주소. 지난번 그대로, 처음에는 ${first}`,
  domain: (first) => `앱의 주소는 <앱>.<도메인>. 지난번 그대로, 처음에는 ${first}`,
  builds: '동시에 할 빌드 수. 지난번과 같고, 처음에는 코어 둘에 하나',
  engine:
    'push한 것을 무엇으로 빌드하고 실행할지, process 또는 docker. 지난번과 같게, 처음에는 Docker가 응답하면 docker',
  cacheLimit: '모든 앱의 슬러그와 캐시가 차지할 수 있는 디스크. 지난번과 같게, 처음에는 5GB',
  public: '다른 컴퓨터도 앱에 접속할 수 있게 합니다 (API는 아님)',
  foreground: '이 터미널에 머무릅니다',
  atBoot:
    '지금 시작하고, 부팅할 때마다 systemd나 launchd로 시작합니다 (naru down --at-boot가 되돌립니다)',
  keptAtBoot: (file) => `부팅할 때마다 시작됩니다: ${file}`,
  started: 'Naru가 시작되었습니다.',
  updated: (version) =>
    `Naru가 버전 ${version}의 프로그램으로 다시 시작되었습니다. 그동안 라우터와 앱은 계속 실행되었습니다.`,
  olderRouter: (log) =>
    `새 라우터가 시작되지 않아 이전 라우터가 계속 서비스하고 있습니다. 이유: ${log}. 다시 하려면: naru down --keep-apps, 그다음 naru up`,
  running: 'Naru가 이미 실행 중입니다.',
  next: '다음, git 저장소에서: naru init',
  otherVersion: (server, here) =>
    `서버의 버전은 ${server}, 이 명령줄의 버전은 ${here}: naru down --keep-apps 다음 naru up`,
  address: { api: 'API', apps: '앱', data: '데이터', engine: '엔진' },
  answers: (api, http) => `Naru의 API 주소는 ${api}, 앱의 주소는 ${http}`,
}
