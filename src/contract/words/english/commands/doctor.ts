import { sayBytes } from '../../../../base/size.ts'
import type { DockerTrouble, DoctorFinding } from '../../../doctor.ts'
import { dockerInstall } from '../../docker-install.ts'
import type { SaidFinding } from '../../said.ts'

export const doctor = {
  summary: 'look at this machine and the server on it, and say what to do',
  well: 'Nothing stands in the way.',
  say: (found: DoctorFinding): SaidFinding => {
    const say = findings[found.about] as (facts: DoctorFinding['facts']) => SaidFinding
    return say(found.facts)
  },
}

type Facts = { [F in DoctorFinding as F['about']]: F['facts'] }

const findings: { [K in keyof Facts]: (facts: Facts[K]) => SaidFinding } = {
  node: ({ version, fits }) => ({
    what: `Node.js ${version}`,
    ...(fits ? {} : { toDo: 'install Node.js 20.20, or 22.14 or newer, from https://nodejs.org' }),
  }),
  git: ({ version, needed, fits }) => ({
    what: version === null ? 'no git on the PATH' : `git ${version}`,
    ...(fits ? {} : { toDo: `install git ${needed} or newer: apt-get install git` }),
  }),
  data: ({ folder, exists, writable }) => ({
    what: `data folder ${folder}${exists ? '' : ' (not made yet)'}${writable ? '' : ', which you may not write to'}`,
    ...(writable
      ? {}
      : { toDo: 'run this as the user who ran naru up, or name a folder: naru up --data FOLDER' }),
  }),
  disk: ({ folder, freeBytes, totalBytes, usedPercent }) => ({
    what: `${sayBytes(freeBytes)} free of ${sayBytes(totalBytes)} on the disk of ${folder} (${usedPercent} % full; from 95 % on nothing is built)`,
    ...(freeBytes < 1024 ** 3 || usedPercent >= 90
      ? { toDo: `make room: du -xh ${folder} | sort -h | tail` }
      : {}),
  }),
  server: ({ running, api, version, own }) => ({
    what: running
      ? `the server answers at ${api}, version ${version}`
      : `no server runs (it would answer at ${api})`,
    ...(running && version !== own
      ? { toDo: `this command line is ${own}: naru up` }
      : running
        ? {}
        : { toDo: 'naru up' }),
  }),
  port: ({ flag, address, holder, ours }) => ({
    what:
      holder !== null
        ? `${address} (${flag}) is taken by ${holder}`
        : ours
          ? `${address} (${flag}) is Naru's`
          : `${address} (${flag}) is free`,
    ...(holder === null ? {} : { toDo: `naru up ${flag} HOST:PORT, with a port that is free` }),
  }),
  resolver: ({ name, resolves, http }) => ({
    what: resolves
      ? `names such as ${name} lead somewhere`
      : `names such as ${name} are not known to this machine's resolver; browsers and curl mostly know those under localhost`,
    ...(resolves
      ? {}
      : { toDo: `curl -H 'Host: ${name}' ${http}, or a line for it in /etc/hosts` }),
  }),
  locale: ({ locale, utf8 }) => ({
    what: locale === '' ? 'no locale is set' : `locale ${locale}`,
    ...(utf8
      ? {}
      : { toDo: 'set one with UTF-8, so that names and logs look right: export LANG=C.UTF-8' }),
  }),
  clock: ({ synchronised, now }) => ({
    what: `the clock says ${now}${synchronised === null ? '; nobody says whether it is kept right' : synchronised ? ' and is kept right over the network' : ' and nothing keeps it right'}`,
    ...(synchronised === false ? { toDo: 'timedatectl set-ntp true' } : {}),
  }),
  wall: ({ stands, user, root }) => ({
    what: root
      ? `builds and apps run as the user ${user}${stands ? '' : ', whom naru up will make'}; they read nothing of Naru's and nothing of each other's`
      : 'there is no wall: builds and apps run as you, and can read what you can',
    ...(root ? {} : { toDo: 'for a wall between them and the rest, run naru up as root' }),
  }),
  builds: ({ cgroup }) => ({
    what:
      cgroup === null
        ? 'builds come behind the apps by nice and ionice; a cgroup of their own needs root, or a group that was delegated'
        : `builds come behind the apps: by nice and ionice, and each in a cgroup (${cgroup}) of its own`,
  }),
  docker: ({ version, trouble, needed, host, system, user }) => {
    if (trouble === null) return { what: `a Docker Engine answers, version ${version}` }
    const use = needed ? '; what is built for it needs it' : ', which only apps in containers need'
    const said = dockerTrouble[trouble](host, system, user)
    return { ...said, what: `${said.what}${use}` }
  },
  containers: ({ reason }) => ({
    what: `containers can reach the ports of this machine: ${reason}`,
    toDo: 'run naru up as root where iptables is installed, or close the ports by a firewall of your own',
  }),
  boot: ({ file, possible }) => ({
    what: file !== null ? `comes up at boot (${file})` : 'does not come up at boot',
    ...(file !== null
      ? {}
      : possible
        ? { toDo: 'naru up --at-boot' }
        : {
            toDo: 'neither systemd nor launchd runs here: let what starts your programs run naru up --foreground',
          }),
  }),
  tool: ({ tool, version, builds }) => ({
    what:
      version === null
        ? `no ${tool} on your PATH (builds use the server's): only apps in ${builds} need it`
        : `${tool} ${version}`,
  }),
  bounds: () => ({ what: 'what grows and its bounds: only a running server knows' }),
  bound: ({ what, used, limit, unit }) => ({
    what: `${bounds[what]}: ${amount(used, unit)}${limit === null ? ', without a bound of its own' : ` of at most ${amount(limit, unit)}`}`,
  }),
}

const dockerTrouble: Record<
  DockerTrouble,
  (host: string, system: string, user: string) => SaidFinding
> = {
  missing: (_host, system) => ({
    what: 'no Docker Engine is installed',
    toDo: dockerInstall(system) ?? 'install Docker Engine 20.10 or newer by your system’s packages',
  }),
  stopped: () => ({ what: 'Docker is installed and does not run', toDo: 'systemctl start docker' }),
  forbidden: (_host, _system, user) => ({
    what: 'a Docker Engine runs, and you may not use it',
    toDo: `usermod -aG docker ${user} (as root), then log in anew; who is in that group is as good as root`,
  }),
  silent: () => ({
    what: 'the Docker Engine does not answer',
    toDo: 'journalctl -u docker says why; systemctl restart docker',
  }),
  apart: () => ({
    what: 'the Docker Engine runs in a machine or a network of its own (Docker Desktop, rootless): its containers cannot be reached',
    toDo: 'install Docker Engine itself, as root, on Linux; naru engine set process --server goes without',
  }),
  elsewhere: (host) => ({
    what: `DOCKER_HOST is ${host}, and Naru uses an engine of its own machine`,
    toDo: 'unset DOCKER_HOST, or name a socket: unix:///var/run/docker.sock',
  }),
}

const bounds: Record<Facts['bound']['what'], string> = {
  cache: 'dependencies and slugs',
  'instance-logs': 'logs of instances',
  'build-logs': 'logs of builds',
  events: 'entries of the event log',
  'server-log': "the server's own log",
  copies: 'copies of the database',
  database: 'the database',
  git: 'pushed commits',
}

const amount = (count: number, unit: 'bytes' | 'rows'): string =>
  unit === 'bytes' ? sayBytes(count) : String(count)
