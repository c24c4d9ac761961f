import type { DockerTrouble, DoctorFinding } from '../../../doctor.ts'
import { dockerInstall } from '../../docker-install.ts'
import type { SaidFinding } from '../../said.ts'
import type { Words } from '../../words.ts'
import { sayBytes } from '../grammar.ts'

export const doctor: Words['commands']['doctor'] = {
  summary: '이 컴퓨터와 그 위의 서버를 살펴보고 할 일을 알려 줍니다',
  well: '걸리는 것이 없습니다.',
  say: (found: DoctorFinding): SaidFinding => {
    const say = findings[found.about] as (facts: DoctorFinding['facts']) => SaidFinding
    return say(found.facts)
  },
}

type Facts = { [F in DoctorFinding as F['about']]: F['facts'] }

const findings: { [K in keyof Facts]: (facts: Facts[K]) => SaidFinding } = {
  node: ({ version, fits }) => ({
    what: `Node.js ${version}`,
    ...(fits
      ? {}
      : { toDo: 'https://nodejs.org 사이트에서 Node.js 20.20이나 22.14 이상을 설치하십시오' }),
  }),
  git: ({ version, needed, fits }) => ({
    what: version === null ? 'PATH에 git이 없습니다' : `git ${version}`,
    ...(fits ? {} : { toDo: `git ${needed} 이상을 설치하십시오: apt-get install git` }),
  }),
  data: ({ folder, exists, writable }) => ({
    what: `데이터 폴더 ${folder}${exists ? '' : ' (아직 없음)'}${writable ? '' : ', 쓸 권한이 없습니다'}`,
    ...(writable
      ? {}
      : { toDo: 'naru up을 실행한 사용자로 실행하거나 폴더를 정하십시오: naru up --data FOLDER' }),
  }),
  disk: ({ folder, freeBytes, totalBytes, usedPercent }) => ({
    what: `${folder} 폴더가 있는 디스크에 ${sayBytes(totalBytes)} 가운데 ${sayBytes(freeBytes)} 남음(${usedPercent}% 사용, 95%부터는 빌드하지 않음)`,
    ...(freeBytes < 1024 ** 3 || usedPercent >= 90
      ? { toDo: `자리를 만드십시오: du -xh ${folder} | sort -h | tail` }
      : {}),
  }),
  server: ({ running, api, version, own }) => ({
    what: running
      ? `서버가 ${api} 주소에서 응답합니다, 버전 ${version}`
      : `실행 중인 서버가 없습니다 (주소는 ${api})`,
    ...(running && version !== own
      ? { toDo: `이 명령줄은 ${own} 버전입니다: naru up` }
      : running
        ? {}
        : { toDo: 'naru up' }),
  }),
  port: ({ flag, address, holder, ours }) => ({
    what:
      holder !== null
        ? `${address} (${flag}) 주소를 이미 쓰는 프로그램: ${holder}`
        : ours
          ? `${address} (${flag}) 주소는 Naru가 쓰고 있습니다`
          : `${address} (${flag}) 주소는 비어 있습니다`,
    ...(holder === null
      ? {}
      : { toDo: `비어 있는 포트로 시작하십시오: naru up ${flag} HOST:PORT` }),
  }),
  resolver: ({ name, resolves, http }) => ({
    what: resolves
      ? `${name} 같은 이름을 찾을 수 있습니다`
      : `이 컴퓨터의 이름 풀이는 ${name} 같은 이름을 모릅니다. localhost 아래 이름은 브라우저와 curl이 대개 압니다`,
    ...(resolves
      ? {}
      : { toDo: `curl -H 'Host: ${name}' ${http}, 또는 /etc/hosts에 한 줄을 더하십시오` }),
  }),
  locale: ({ locale, utf8 }) => ({
    what: locale === '' ? '로캘이 정해져 있지 않습니다' : `로캘 ${locale}`,
    ...(utf8
      ? {}
      : { toDo: '이름과 로그가 제대로 보이도록 UTF-8 로캘을 정하십시오: export LANG=ko_KR.UTF-8' }),
  }),
  clock: ({ synchronised, now }) => ({
    what: `시계는 ${now}${synchronised === null ? ', 누가 맞추는지는 알 수 없습니다' : synchronised ? ', 네트워크로 맞추고 있습니다' : ', 아무도 맞추지 않습니다'}`,
    ...(synchronised === false ? { toDo: 'timedatectl set-ntp true' } : {}),
  }),
  wall: ({ stands, user, root }) => ({
    what: root
      ? `빌드와 앱은 사용자 ${user} 권한으로 실행됩니다${stands ? '' : ' (naru up이 만듭니다)'}. Naru의 것도 서로의 것도 읽지 못합니다`
      : '벽이 없습니다. 빌드와 앱은 당신의 권한으로 실행되어 당신이 읽는 것을 모두 읽을 수 있습니다',
    ...(root ? {} : { toDo: '서로 나누려면 root로 naru up을 실행하십시오' }),
  }),
  builds: ({ cgroup }) => ({
    what:
      cgroup === null
        ? '빌드는 nice와 ionice로 앱에 자리를 내줍니다. 빌드마다 cgroup 하나를 두려면 root 권한이나 위임받은 그룹이 필요합니다'
        : `빌드는 앱에 자리를 내줍니다. nice와 ionice를 쓰고, 빌드마다 따로 둔 cgroup(${cgroup})에서 실행합니다`,
  }),
  docker: ({ version, trouble, needed, host, system, user }) => {
    if (trouble === null) return { what: `Docker 엔진이 응답합니다, 버전 ${version}` }
    const use = needed
      ? '. 이 엔진으로 빌드하는 것이 있어서 필요합니다'
      : '. 컨테이너로 실행하는 앱에만 필요합니다'
    const said = dockerTrouble[trouble](host, system, user)
    return { ...said, what: `${said.what}${use}` }
  },
  containers: ({ reason }) => ({
    what: `컨테이너에서 이 컴퓨터의 포트에 닿을 수 있습니다: ${reason}`,
    toDo: 'iptables가 있는 곳에서 root로 naru up을 실행하거나, 직접 쓰는 방화벽으로 포트를 막으십시오',
  }),
  boot: ({ file, possible }) => ({
    what: file !== null ? `부팅할 때 함께 시작됩니다 (${file})` : '부팅할 때 시작되지 않습니다',
    ...(file !== null
      ? {}
      : possible
        ? { toDo: 'naru up --at-boot' }
        : {
            toDo: '여기에는 systemd도 launchd도 없습니다. 프로그램을 시작해 주는 곳에서 naru up --foreground를 실행하십시오',
          }),
  }),
  tool: ({ tool, version, builds }) => ({
    what:
      version === null
        ? `지금 PATH에 ${tool} 없음(빌드는 서버의 PATH를 씁니다): ${builds} 앱에만 필요합니다`
        : `${tool} ${version}`,
  }),
  bounds: () => ({ what: '늘어나는 것과 그 한도는 실행 중인 서버만 압니다' }),
  bound: ({ what, used, limit, unit }) => ({
    what: `${bounds[what]}: ${amount(used, unit)}${limit === null ? ', 따로 정한 한도 없음' : ` / 한도 ${amount(limit, unit)}`}`,
  }),
}

const dockerTrouble: Record<
  DockerTrouble,
  (host: string, system: string, user: string) => SaidFinding
> = {
  missing: (_host, system) => ({
    what: 'Docker 엔진이 설치되어 있지 않습니다',
    toDo: dockerInstall(system) ?? '시스템의 패키지로 Docker Engine 20.10 이상을 설치하십시오',
  }),
  stopped: () => ({
    what: 'Docker가 설치되어 있지만 실행 중이 아닙니다',
    toDo: 'systemctl start docker',
  }),
  forbidden: (_host, _system, user) => ({
    what: 'Docker 엔진이 실행 중이지만 쓸 권한이 없습니다',
    toDo: `root로 usermod -aG docker ${user} 명령을 실행한 뒤 다시 로그인하십시오. 이 그룹의 사용자는 root와 다름없습니다`,
  }),
  silent: () => ({
    what: 'Docker 엔진이 응답하지 않습니다',
    toDo: '이유는 journalctl -u docker에 있습니다. systemctl restart docker',
  }),
  apart: () => ({
    what: 'Docker 엔진이 따로 떨어진 머신이나 네트워크에서 실행됩니다(Docker Desktop, rootless). 컨테이너에 닿을 수 없습니다',
    toDo: '리눅스에 Docker Engine을 root로 설치하십시오. 없이 쓰려면 naru engine set process --server',
  }),
  elsewhere: (host) => ({
    what: `DOCKER_HOST가 ${host}인데, Naru는 같은 컴퓨터의 엔진을 씁니다`,
    toDo: 'DOCKER_HOST를 지우거나 소켓을 정하십시오: unix:///var/run/docker.sock',
  }),
}

const bounds: Record<Facts['bound']['what'], string> = {
  cache: '의존성과 슬러그',
  'instance-logs': '인스턴스 로그',
  'build-logs': '빌드 로그',
  events: '이벤트 기록',
  'server-log': '서버 로그',
  copies: '데이터베이스 사본',
  database: '데이터베이스',
  git: '푸시된 커밋',
}

const amount = (count: number, unit: 'bytes' | 'rows'): string =>
  unit === 'bytes' ? sayBytes(count) : `${count}개`
