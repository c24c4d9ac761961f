import { NaruError } from '../../base/error.ts'
import { isLabel } from '../../model/name.ts'
import { type Command, defaultJobTimeoutSeconds, type JobSpec } from '../../model/spec.ts'
import type { CommitFiles } from '../recipe-types.ts'

/** What a Procfile says: its process types, and `release` as the job that it is. */
export type Procfile = { services: Record<string, Command>; jobs: Record<string, JobSpec> }

/** Reads the Procfile in the app's folder; null where there is none. Throws `build.procfile`, naming the line. */
export async function findProcfile(files: CommitFiles): Promise<Procfile | null> {
  const text = files.has('Procfile') ? await files.read('Procfile') : null
  return text === null ? null : readProcfile(text)
}

/** Lines of `name: command`; empty lines and those that begin with a number sign say nothing. */
export function readProcfile(text: string): Procfile {
  const commands = new Map<string, string>()
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const { name, command } = readLine(line, index + 1)
    if (commands.has(name)) refuse(index + 1, line, `${name} only once`)
    commands.set(name, command)
  }
  const { release, ...services } = Object.fromEntries(commands)
  if (Object.keys(services).length === 0 && release === undefined)
    refuse(1, text.trim() === '' ? 'nothing' : 'only comments', 'web: COMMAND')
  return {
    services,
    jobs:
      release === undefined
        ? {}
        : {
            release: {
              command: release,
              when: 'before-rollout',
              timeoutSeconds: defaultJobTimeoutSeconds,
            },
          },
  }
}

function readLine(line: string, number: number): { name: string; command: string } {
  const match = /^([^\s:]+)\s*:\s*(.*)$/.exec(line)
  const [, name, command] = match ?? []
  if (name === undefined || command === undefined) return refuse(number, line, 'NAME: COMMAND')
  if (!isLabel(name))
    return refuse(number, name, 'a name of small letters, digits and hyphens, as in web')
  if (command === '') return refuse(number, line, `${name}: COMMAND`)
  if (command.includes('\0')) return refuse(number, name, 'a command without a NUL character')
  return { name, command }
}

function refuse(line: number, found: string, expected: string): never {
  throw new NaruError('build.procfile', { line, found: found.slice(0, 80), expected })
}
