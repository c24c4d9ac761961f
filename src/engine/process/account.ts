import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { appsUser } from '../../base/apps-user.ts'
import { NaruError } from '../../base/error.ts'
import { runProgram } from '../../base/program.ts'

/** The user that builds and apps run as; null where there is no wall, because Naru itself is an ordinary user. */
export type Account = { uid: number } | null

/** Finds the user `naru-apps`, or makes it. Throws `user.missing`. */
export async function appsAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return null
  const found = await uidOf(appsUser)
  if (found !== null) return { uid: found }
  const reasons = [
    await tryProgram('useradd', useradd),
    await tryProgram('adduser', busyboxAdduser),
  ]
  const made = await uidOf(appsUser)
  if (made === null)
    throw new NaruError('user.missing', { user: appsUser, reason: reasons.join('; ') })
  return { uid: made }
}

/**
 * Tries as the account itself that it can get to the data folder and run `/bin/sh` and Node.js.
 * Throws `data.unreachable` with what it could not reach.
 */
export async function checkReachable(dataFolder: string, account: Account): Promise<void> {
  if (account === null) return
  const code = await new Promise<number>((resolve) => {
    const identity = { uid: account.uid, gid: account.uid }
    const args = ['-c', attempt, 'sh', dataFolder, process.execPath]
    const child = spawn('/bin/sh', args, { ...identity, cwd: '/', env: {}, stdio: 'ignore' })
    child.once('error', () => resolve(noShell))
    child.once('exit', (exit) => resolve(exit ?? noNode))
  })
  if (code === 0) return
  const folder = code === noShell ? '/bin/sh' : code === noFolder ? dataFolder : process.execPath
  throw new NaruError('data.unreachable', { folder, user: appsUser })
}

/** The number of a user in the text of `/etc/passwd`. */
export function parseUid(passwd: string, user: string): number | null {
  const line = passwd.split('\n').find((entry) => entry.startsWith(`${user}:`))
  const uid = Number.parseInt(line?.split(':')[2] ?? '', 10)
  return uid > 0 ? uid : null
}

const useradd = ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', '--', appsUser]
const busyboxAdduser = ['-S', '-D', '-H', '-s', '/sbin/nologin', appsUser]

const noShell = 40
const noFolder = 41
const noNode = 42
const attempt = `cd -- "$1" || exit ${noFolder}; "$2" -e 0 || exit ${noNode}`

const uidOf = async (user: string) => parseUid(await readFile('/etc/passwd', 'utf8'), user)

async function tryProgram(program: string, args: string[]): Promise<string> {
  if ((await uidOf(appsUser)) !== null) return `${program} was not needed`
  try {
    const { code, stderr } = await runProgram(program, args)
    return code === 0 ? `${program} said it worked` : `${program}: ${stderr.trim()}`
  } catch (error) {
    return `${program}: ${error instanceof Error ? error.message : String(error)}`
  }
}
