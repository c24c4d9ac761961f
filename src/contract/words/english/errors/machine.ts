import { sayBytes } from '../../../../base/size.ts'
import type { ErrorWords } from '../../said.ts'
import { nextPort } from '../../text.ts'

export const machineErrors = {
  'server.unreachable': ({ address }) => ({
    message: `no Naru server answers at ${address}`,
    hint: 'naru up',
  }),
  'server.port-taken': ({ address, flag, holder }) => ({
    message: `Naru cannot listen on ${address}, since ${holder} does already`,
    hint: `naru up ${flag} ${nextPort(address)}`,
  }),
  'server.start-failed': ({ log }) => ({
    message: `the server ended before it was ready; its last words are in ${log}`,
    hint: 'naru up --foreground',
  }),
  'server.apps-left': ({ engine, reason }) => ({
    message: `Naru and its router are down, but what runs on the ${engine} engine runs on, since it does not answer: ${reason}`,
    hint: 'once it answers again: naru down',
  }),
  'data.unwritable': ({ folder, reason }) => ({
    message: `Naru cannot write to its data folder ${folder}: ${reason}`,
    hint: 'naru up --data FOLDER, with a folder that you may write to',
  }),
  'data.locked': ({ folder }) => ({
    message: `another Naru server is using ${folder}, so this one did not start`,
    hint: `naru status --data ${folder}`,
  }),
  'data.full': ({ folder }) => ({
    message: `the disk that holds ${folder} is full; what serves keeps serving`,
    hint: `df -h ${folder}`,
  }),
  'disk.filling': ({ folder, usedPercent, freeBytes }) => ({
    message: `the disk that holds ${folder} is ${usedPercent} % full, with ${sayBytes(freeBytes)} left, so nothing was built; what serves keeps serving`,
    hint: `make room, then push again: du -xh ${folder} | sort -h | tail`,
  }),
  'data.busy': ({ file }) => ({
    message: `another program holds ${file}, so nothing was changed`,
    hint: `close what has ${file} open (a database shell?), then try again`,
  }),
  'data.broken': ({ file, reason }) => ({
    message: `${file} is damaged, so Naru leaves it alone: ${reason}`,
    hint: 'put back one of the copies in the folder copies beside it (docs/store.md says how), then naru up',
  }),
  'data.newer': ({ file, found }) => ({
    message: `${file} was written by a newer Naru (${found}), so this one leaves it alone`,
    hint: 'start that version of Naru, or put back one of the copies in the folder copies beside it (docs/store.md says how)',
  }),
  'data.unreachable': ({ folder, user }) => ({
    message: `apps run as the user ${user}, who cannot enter ${folder}`,
    hint: 'naru up --data /var/lib/naru',
  }),
  'data.noexec': ({ folder }) => ({
    message: `no program may be started from ${folder}, since its file system is mounted with noexec; apps could not run there`,
    hint: 'naru up --data FOLDER, with a folder on another file system',
  }),
  'node.too-old': ({ found, needed }) => ({
    message: `Naru needs Node.js ${needed}, and this is ${found}`,
    hint: 'install it from https://nodejs.org',
  }),
  'git.missing': () => ({
    message: 'Naru needs git, and there is none on the PATH',
    hint: 'apt-get install git',
  }),
  'git.too-old': ({ found, needed }) => ({
    message: `Naru needs git ${needed} or newer, and this is ${found}`,
    hint: 'apt-get install git',
  }),
  'git.failed': ({ command, reason }) => ({
    message: `${command} failed: ${reason}`,
    hint: 'git status',
  }),
  'user.missing': ({ user, reason }) => ({
    message: `Naru runs apps as the user ${user}, and could not make that user: ${reason}`,
    hint: `useradd --system ${user}`,
  }),
  'platform.unsupported': ({ platform }) => ({
    message: `Naru runs on Linux and macOS, and this is ${platform}`,
    hint: 'on Windows use WSL 2: wsl --install, then follow the README inside it',
  }),
  'boot.unsupported': () => ({
    message: 'neither systemd nor launchd runs here, so nothing was set up to start Naru at boot',
    hint: 'let what starts your programs run naru up --foreground',
  }),
  'boot.failed': ({ command, reason }) => ({
    message: `Naru will not come up at boot, since ${command} failed: ${reason}`,
    hint: 'naru doctor',
  }),
  'doctor.bad': ({ count }) => ({
    message: `${count === 1 ? 'one thing stands' : `${count} things stand`} in the way; each is marked ✖ above`,
    hint: 'do what stands behind its arrow, then naru doctor again',
  }),
} satisfies Partial<ErrorWords>
