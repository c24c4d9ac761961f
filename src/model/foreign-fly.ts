import { durationIn, type ForeignNotes, shownCommand, shownLabel } from './foreign-notes.ts'
import type { ForeignValue } from './foreign-tree.ts'
import { isLabel } from './name.ts'
import { within } from './spec-mistakes.ts'

/** Fly.io's fly.toml: a note for every key of its tables. */
export function noteFly(root: ForeignValue, notes: ForeignNotes): void {
  for (const [key, value] of root.keys ?? []) {
    const tables = (value.items ?? [value]).filter(({ keys }) => keys)
    if (key === 'app' && isLabel(value.text ?? '')) notes.write(key, value, `app: ${value.text}`)
    else if (key === 'env') notes.variables(key, value)
    else if (key === 'processes') noteProcesses(value, notes)
    else if (key === 'deploy') noteDeploy(value, notes)
    else if (key === 'http_service' || key === 'services') {
      for (const table of tables) noteService(key, table, notes)
    } else if (key === 'checks') noteChecks(key, value, notes)
    else if (key === 'build') noteBuild(value, notes)
    else if (key === 'kill_signal' && /^SIG(?:TERM|INT|QUIT|HUP|USR[12])$/.test(value.text ?? '')) {
      notes.write(key, value, `services: { web: { stop: { signal: ${value.text} } } }`)
    } else if (key === 'kill_timeout' && durationIn(value)) {
      notes.write(key, value, `services: { web: { stop: { grace: ${durationIn(value)} } } }`)
    } else notes.note(within('', key), value, null)
  }
}

function noteProcesses(value: ForeignValue, notes: ForeignNotes): void {
  for (const [name, command] of value.keys ?? []) {
    // Their usual name for the one that answers HTTP is ours for web.
    const service = name === 'app' ? 'web' : shownLabel(name)
    const write = `services: { ${service}: { command: ${shownCommand(command)} } }`
    notes.write(within('processes', name), command, write)
  }
}

const strategies = new Map([
  ['bluegreen', 'blue-green'],
  ['rolling', 'rolling'],
  ['immediate', 'recreate'],
])

function noteDeploy(value: ForeignValue, notes: ForeignNotes): void {
  for (const [key, inside] of value.keys ?? []) {
    const path = within('deploy', key)
    const strategy = strategies.get(inside.text ?? '')
    if (key === 'release_command') {
      const write = `jobs: { release: { command: ${shownCommand(inside)}, when: before-rollout } }`
      notes.write(path, inside, write)
    } else if (key === 'strategy' && strategy !== undefined) {
      notes.write(path, inside, `strategy: ${strategy}`)
    } else notes.note(path, inside, null)
  }
}

function noteService(table: string, value: ForeignValue, notes: ForeignNotes): void {
  for (const [key, inside] of value.keys ?? []) {
    const path = within(table, key)
    if (key === 'internal_port' || key === 'ports') notes.given(path, inside, 'port')
    else if (key === 'protocol' || key === 'force_https') notes.given(path, inside, 'router')
    else if (/^(?:http_)?checks$/.test(key)) noteChecks(path, inside, notes)
    else if (key === 'tcp_checks') notes.given(path, inside, 'health')
    else notes.note(path, inside, null)
  }
}

/** Checks come as a list, or as a table of them by name. */
function noteChecks(path: string, value: ForeignValue, notes: ForeignNotes): void {
  const checks = value.items ?? [...(value.keys?.values() ?? [])]
  for (const check of checks) {
    const asked = check.keys?.get('path')?.text ?? '/'
    const every = durationIn(check.keys?.get('interval'))
    if (!/^\/[\w./-]*$/.test(asked)) notes.note(path, check, null)
    else {
      const said = `path: ${asked}${every === undefined ? '' : `, every: ${every}`}`
      notes.write(path, check, `services: { web: { health: { ${said} } } }`)
    }
  }
}

function noteBuild(value: ForeignValue, notes: ForeignNotes): void {
  for (const [key, inside] of value.keys ?? []) {
    if (key === 'builder' || key === 'buildpacks')
      notes.given(within('build', key), inside, 'build')
    else notes.note(within('build', key), inside, null)
  }
}
