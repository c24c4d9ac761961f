import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { NaruError } from '../../base/error.ts'
import { type ProgramResult, runProgram } from '../../base/program.ts'
import { type DoctorFinding, finding } from '../../contract/doctor.ts'
import { usualData } from '../session.ts'
import { launchdList } from './launchd.ts'
import { type BootService, serviceName } from './service.ts'
import { systemdUnit } from './systemd.ts'

/** A service manager that starts the server at each boot. */
export type Boot = {
  /** Where the service is written down. */
  file: string
  isKept(): boolean
  /** Writes the service down and starts it. Throws `boot.failed` with what the manager said; then nothing is kept. */
  keep(service: Omit<BootService, 'name'>): Promise<void>
  /** Undoes `keep`; what runs goes on. Fine if nothing is kept. */
  forget(): Promise<void>
}

/** That of this machine for a data folder. Throws `boot.unsupported` where there is none that Naru knows. */
export async function bootOf(data: string, environment: NodeJS.ProcessEnv): Promise<Boot> {
  const name = serviceName(data, usualData())
  if (process.platform === 'darwin') return launchd(name)
  const state = await manager('systemctl', ['is-system-running'])
  const answer = state?.stdout.toString().trim() ?? ''
  if (answer === '' || answer === 'offline') throw new NaruError('boot.unsupported', {})
  return systemd(name, environment)
}

/** Whether a service manager was told to start the server of this data folder. */
export function startsAtBoot(data: string, environment: NodeJS.ProcessEnv): boolean {
  const name = serviceName(data, usualData())
  const { isKept } = process.platform === 'darwin' ? launchd(name) : systemd(name, environment)
  return isKept()
}

/** How the server of a data folder stands with the boot, for `naru doctor`. */
export async function lookAtBoot(
  data: string,
  environment: NodeJS.ProcessEnv,
): Promise<DoctorFinding> {
  const name = serviceName(data, usualData())
  const { file, isKept } =
    process.platform === 'darwin' ? launchd(name) : systemd(name, environment)
  if (isKept()) return finding('boot', 'good', { file, possible: true })
  const possible = await bootOf(data, environment).then(
    () => true,
    () => false, // Unsupported is what is asked for here.
  )
  return finding('boot', 'note', { file: null, possible })
}

const isRoot = (): boolean => process.getuid?.() === 0

function systemd(name: string, environment: NodeJS.ProcessEnv): Boot {
  const config = environment['XDG_CONFIG_HOME'] || join(homedir(), '.config')
  const folder = isRoot() ? '/etc/systemd/system' : join(config, 'systemd/user')
  const file = join(folder, `${name}.service`)
  const whose = isRoot() ? [] : ['--user']
  const unit = `${name}.service`
  const call = (...args: string[]) => mustWork('systemctl', [...whose, ...args])
  const forget = async () => {
    if (!existsSync(file)) return
    await call('disable', unit)
    await rm(file, { force: true })
    await call('daemon-reload')
  }
  return {
    file,
    isKept: () => existsSync(file),
    forget,
    async keep(service) {
      const wantedBy = isRoot() ? 'multi-user.target' : 'default.target'
      await write(file, systemdUnit({ ...service, name }, wantedBy))
      try {
        await call('daemon-reload')
        await call('enable', unit)
        // Without it a user's services end with his last session and start with his next.
        if (!isRoot()) await mustWork('loginctl', ['enable-linger'])
        await call('restart', unit)
      } catch (error) {
        await forget().catch(() => rm(file, { force: true })) // The first failure is the one to tell, and nothing is kept.
        throw error
      }
    },
  }
}

function launchd(name: string): Boot {
  const label = `dev.naru.${name}`
  const folder = isRoot() ? '/Library/LaunchDaemons' : join(homedir(), 'Library/LaunchAgents')
  const file = join(folder, `${label}.plist`)
  const domain = isRoot() ? 'system' : `gui/${process.getuid?.() ?? 0}`
  const forget = async () => {
    if (!existsSync(file)) return
    await manager('launchctl', ['bootout', `${domain}/${label}`]) // Not loaded is what is wanted.
    await rm(file, { force: true })
  }
  return {
    file,
    isKept: () => existsSync(file),
    forget,
    async keep(service) {
      await forget()
      await write(file, launchdList({ ...service, name: label }))
      try {
        await mustWork('launchctl', ['bootstrap', domain, file])
      } catch (error) {
        await forget()
        throw error
      }
    },
  }
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text, { mode: 0o644 })
}

async function mustWork(program: string, args: string[]): Promise<void> {
  const result = await manager(program, args)
  if (result?.code === 0) return
  const reason = result?.stderr.trim().split('\n').at(-1) || `${program} failed`
  throw new NaruError('boot.failed', { command: [program, ...args].join(' '), reason })
}

/** Null where there is no such program. */
async function manager(program: string, args: string[]): Promise<ProgramResult | null> {
  try {
    return await runProgram(program, args)
  } catch {
    return null // Not installed: the caller says what that means.
  }
}
