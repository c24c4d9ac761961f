import { isLabel } from './name.ts'
import type { Resources, ServiceSpec, Spec, Strategy } from './spec.ts'
import { definition, type SpecKey } from './spec-definition.ts'
import { type Field, type SpecMistakes, within } from './spec-mistakes.ts'
import { nearestLabel, readNumber, readSize, readText, readWholeNumber } from './spec-values.ts'
import { quote } from './yaml-tree.ts'

/** Where a volume's data appears: absolute, below the root, without `..`, and nothing that Docker would take apart. */
export const volumePath = /^\/(?!\/)(?!(?:.*\/)?\.{1,2}(?:\/|$))[^:,\\\p{Cc}]+$/u
/** As Debian names its packages, with a version where one is asked for. */
export const packageName = /^[a-z0-9][a-z0-9+.-]+(?:=[A-Za-z0-9.+~:-]+)?$/
export const stageName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/
/** With or without a registry and its port; by a tag, by a digest, or both. */
export const imageReference =
  /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\/|\.|_{1,2}|-+)[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/

const limitVolumes = 20
const limitPackages = 200

export function readResources(field: Field | undefined, mistakes: SpecMistakes): Resources {
  const expected = { is: 'mapping', example: '{ cpu: 0.5, memory: 256MB }' } as const
  const keys: Partial<Record<SpecKey<'resources'>, Field>> =
    (field && mistakes.keysOf(field, 'resources', expected)) ?? {}
  const { resources } = definition
  const cpu = keys.cpu && readNumber(keys.cpu, resources.cpu.value, mistakes)
  const memoryBytes = keys.memory && readMemory(keys.memory, mistakes)
  const pids = keys.pids && readWholeNumber(keys.pids, resources.pids.value, mistakes)
  const ioBytesPerSecond = keys.io && readSize(keys.io, resources.io.value, mistakes)
  return {
    ...(cpu !== undefined && { cpu }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(pids !== undefined && { pids }),
    ...(ioBytesPerSecond !== undefined && { ioBytesPerSecond }),
  }
}

/** Docker refuses to start anything in less. */
const leastMemoryBytes = 6 * 1024 ** 2

function readMemory(field: Field, mistakes: SpecMistakes): number | undefined {
  const bytes = readSize(field, definition.resources.memory.value, mistakes)
  return bytes === undefined || bytes >= leastMemoryBytes
    ? bytes
    : mistakes.wrong(field, { is: 'at-least-size', limit: '6 MB' })
}

/** Names with the paths at which their data appears; no path twice. */
export function readVolumes(
  field: Field | undefined,
  mistakes: SpecMistakes,
): Record<string, string> {
  if (!field) return {}
  const entries = mistakes.entriesOf(field, { is: 'mapping', example: '{ uploads: /data }' }) ?? []
  const volumes = new Map<string, string>()
  for (const { key, at, value } of mistakes.firstOf(field, entries, limitVolumes, 'volume')) {
    const path = within(field.path, key)
    if (!isLabel(key)) {
      const { nearest } = nearestLabel(key)
      mistakes.at(
        at,
        path,
        { is: 'named', what: 'volume', shown: quote(key) },
        { is: 'label' },
        nearest,
      )
      continue
    }
    const item = { node: value, path }
    const expected = { is: 'volume-path' } as const
    const text = readText(item, expected, mistakes)
    if (text === undefined) continue
    const folder = text.replace(/\/+$/, '')
    if (!volumePath.test(folder)) mistakes.wrong(item, expected)
    else if ([...volumes.values()].includes(folder)) mistakes.wrong(item, { is: 'once' })
    else volumes.set(key, folder)
  }
  return Object.fromEntries(volumes)
}

export function readPackages(field: Field | undefined, mistakes: SpecMistakes): string[] {
  if (!field || field.node.kind === 'nothing') return []
  const expected = { is: 'list', example: '[ffmpeg, libvips-dev]' } as const
  if (field.node.kind !== 'list') {
    mistakes.wrong(field, expected)
    return []
  }
  const names = mistakes.firstOf(field, field.node.items, limitPackages, 'package')
  return names.flatMap((node, index) => {
    const item = { node, path: `${field.path}[${index}]` }
    const text = readText(item, { is: 'package-name' }, mistakes)
    if (text === undefined) return []
    if (packageName.test(text)) return [text]
    mistakes.wrong(item, { is: 'package-name' })
    return []
  })
}

export function readStage(field: Field, mistakes: SpecMistakes): string | undefined {
  const expected = { is: 'stage-name' } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined || stageName.test(text)) return text
  return mistakes.wrong(field, expected)
}

export function readImage(field: Field, mistakes: SpecMistakes): string | undefined {
  const expected = { is: 'image-reference' } as const
  const text = readText(field, expected, mistakes)
  if (text === undefined || (text.length <= 400 && imageReference.test(text))) return text
  return mistakes.wrong(field, expected)
}

/** Services whose volumes have one writer at a time: two releases may not have them at once. */
export const writersOf = (services: Readonly<Record<string, ServiceSpec>>): string[] =>
  Object.entries(services)
    .filter(([, { volumes }]) => Object.keys(volumes).length > 0)
    .map(([name]) => name)

/** Reports a strategy that is written down and would have two releases write to one volume. */
export function checkWriter(
  field: Field | undefined,
  strategy: Strategy | undefined,
  writer: string | undefined,
  mistakes: SpecMistakes,
): void {
  if (!field || strategy === undefined || strategy === 'recreate' || writer === undefined) return
  mistakes.wrong(field, { is: 'recreate-for-volumes', service: writer }, { nearest: 'recreate' })
}

/** The first key that only containers can do, "services.web.volumes"; null where there is none. */
export function containerKey({ build, image, services }: Spec): string | null {
  if (image !== undefined) return 'image'
  if (build.dockerfile !== undefined) return 'build.dockerfile'
  if (build.target !== undefined) return 'build.target'
  if (Object.keys(build.args).length > 0) return 'build.args'
  if (build.secrets.length > 0) return 'build.secrets'
  if (build.packages.length > 0) return 'build.packages'
  for (const [name, { resources, volumes }] of Object.entries(services)) {
    if (Object.keys(volumes).length > 0) return `services.${name}.volumes`
    if (Object.keys(resources).length > 0) return `services.${name}.resources`
  }
  return null
}
