import {
  durationIn,
  type ForeignNotes,
  replicasIn,
  shownCommand,
  shownLabel,
  shownText,
} from './foreign-notes.ts'
import type { ForeignValue } from './foreign-tree.ts'
import { isLabel } from './name.ts'
import { within } from './spec-mistakes.ts'
import { quote } from './yaml-tree.ts'

/** Docker Compose: a note for the file's keys and for every key of its services. */
export function noteCompose(root: ForeignValue, notes: ForeignNotes): void {
  for (const [key, value] of root.keys ?? []) {
    if (key === 'services') {
      for (const [name, service] of value.keys ?? []) noteService(name, service, notes)
    } else if (key === 'name' && isLabel(value.text ?? '')) {
      notes.write(key, value, `app: ${value.text}`)
    } else if (key === 'networks') notes.given(within('', key), value, 'network')
    else if (key === 'version') notes.given(within('', key), value, 'version')
    else if (key.startsWith('x-')) notes.given(within('', key), value, 'template')
    else notes.note(within('', key), value, null)
  }
}

/** Images of programs that keep data, which this version does not run. */
const backing =
  /(?:^|\/)(?:postgres|postgis|mysql|mariadb|mongo|redis|valkey|memcached|rabbitmq|nats|kafka|zookeeper|elasticsearch|opensearch|minio|mailhog|mailpit|clickhouse|influxdb|meilisearch|localstack)(?:[:@-]|$)/

function noteService(name: string, service: ForeignValue, notes: ForeignNotes): void {
  const path = within('services', name)
  const ours = shownLabel(name)
  const image = service.keys?.has('build') ? undefined : service.keys?.get('image')
  if (image) {
    const shown = { is: 'backing', image: quote(image.text ?? '') } as const
    notes.note(path, service, backing.test(image.text ?? '') ? shown : null)
  } else if (!service.keys?.has('command')) {
    notes.write(path, service, `services: { ${ours}: { command: "…" } }`)
  }
  for (const [key, value] of service.keys ?? []) {
    // An image that stands for the service was named with it.
    if (value !== image) noteKey(within(path, key), key, ours, value, notes)
  }
}

const given = new Map<string, Parameters<ForeignNotes['given']>[2]>([
  ['ports', 'port'],
  ['expose', 'port'],
  ['restart', 'restart'],
  ['depends_on', 'network'],
  ['links', 'network'],
  ['networks', 'network'],
  ['hostname', 'name'],
  ['container_name', 'name'],
])

function noteKey(
  path: string,
  key: string,
  name: string,
  value: ForeignValue,
  notes: ForeignNotes,
): void {
  const what = given.get(key)
  const inService = (text: string) => notes.write(path, value, `services: { ${name}: { ${text} } }`)
  if (what !== undefined) notes.given(path, value, what)
  else if (key === 'command') inService(`command: ${shownCommand(value)}`)
  else if (key === 'environment') notes.variables(path, value)
  else if (key === 'build') noteBuild(path, value, notes)
  else if (key === 'healthcheck') noteHealth(path, value, inService, notes)
  else if (key === 'scale' && replicasIn(value)) inService(`replicas: ${replicasIn(value)}`)
  else if (key === 'deploy') noteDeploy(path, value, inService, notes)
  else if (key === 'stop_grace_period' && durationIn(value)) {
    inService(`stop: { grace: ${durationIn(value)} }`)
  } else if (key === 'stop_signal' && /^SIG(?:TERM|INT|QUIT|HUP|USR[12])$/.test(value.text ?? '')) {
    inService(`stop: { signal: ${value.text} }`)
  } else notes.note(path, value, null)
}

function noteBuild(path: string, value: ForeignValue, notes: ForeignNotes): void {
  const context = value.text ?? value.keys?.get('context')?.text ?? '.'
  const folder = context.replace(/^\.\/|\/$/g, '')
  if (folder === '.' || folder === '') notes.given(path, value, 'build')
  else if (/^(?!\/|\.)[\w./ -]+$/.test(folder) && !folder.includes('..')) {
    notes.write(path, value, `build: { folder: ${shownText(folder)} }`)
  } else notes.note(path, value, null)
  for (const [key, inside] of value.keys ?? []) {
    if (key !== 'context') notes.note(within(path, key), inside, null)
  }
}

function noteHealth(
  path: string,
  value: ForeignValue,
  inService: (text: string) => void,
  notes: ForeignNotes,
): void {
  const test = value.keys?.get('test')
  const command = test?.items?.map(({ text }) => text).join(' ') ?? test?.text ?? ''
  const asked = /https?:\/\/[^/\s"']+(\/[\w./-]*)/.exec(command)?.[1]
  const every = durationIn(value.keys?.get('interval'))
  const said = [
    ...(asked === undefined ? [] : [`path: ${asked}`]),
    ...(every === undefined ? [] : [`every: ${every}`]),
  ]
  if (said.length > 0) inService(`health: { ${said.join(', ')} }`)
  else notes.note(path, value, null)
}

function noteDeploy(
  path: string,
  value: ForeignValue,
  inService: (text: string) => void,
  notes: ForeignNotes,
): void {
  const replicas = replicasIn(value.keys?.get('replicas'))
  if (replicas !== undefined) inService(`replicas: ${replicas}`)
  for (const [key, inside] of value.keys ?? []) {
    if (key === 'restart_policy') notes.given(within(path, key), inside, 'restart')
    else if (key !== 'replicas' || replicas === undefined) {
      notes.note(within(path, key), inside, null)
    }
  }
}
