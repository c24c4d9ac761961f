import { isLabel } from './name.ts'
import { defaultJobTimeoutSeconds, type JobSpec, type Spec, type StepSpec } from './spec.ts'
import { definition } from './spec-definition.ts'
import { type Field, type SpecMistakes, within } from './spec-mistakes.ts'
import { readNamed } from './spec-services.ts'
import { nearestLabel, readChoice, readCommand, readDuration } from './spec-values.ts'
import { quote } from './yaml-tree.ts'

/** Steps that every build has by itself, so that none of a pipeline is called so. */
export const ownSteps: readonly string[] = ['install', 'build', 'prune', 'files']

/** The steps of a pipeline in their order. */
export function readPipeline(field: Field | undefined, mistakes: SpecMistakes): StepSpec[] {
  if (!field || field.node.kind === 'nothing') return []
  if (field.node.kind !== 'list') {
    mistakes.wrong(field, { is: 'list', example: '- test: npm test' })
    return []
  }
  const lines = new Map<string, number>()
  const { most } = definition.root.pipeline.value
  return mistakes.firstOf(field, field.node.items, most, 'step').flatMap((node, index) => {
    const step = readStep({ node, path: `${field.path}[${index}]` }, lines, mistakes)
    return step ? [step] : []
  })
}

/** One step; `lines` holds where the names before it stand. */
function readStep(
  item: Field,
  lines: Map<string, number>,
  mistakes: SpecMistakes,
): StepSpec | undefined {
  const expected = { is: 'step', example: 'test: npm test' } as const
  const [entry, ...others] = item.node.kind === 'mapping' ? item.node.entries : []
  if (!entry) return mistakes.wrong(item, expected)
  for (const { key, at } of others) {
    mistakes.at(at, item.path, { is: 'key', shown: quote(key) }, { is: 'own-step' })
  }
  const { key: name, at, value } = entry
  const path = within(item.path, name)
  const found = { is: 'named', what: 'step', shown: quote(name) } as const
  const first = lines.get(name)
  if (!isLabel(name)) {
    mistakes.at(at, path, found, { is: 'label' }, nearestLabel(name).nearest)
  } else if (ownSteps.includes(name)) {
    mistakes.at(at, path, found, { is: 'another-name' })
  } else if (first !== undefined) {
    mistakes.at(at, path, found, { is: 'once-as-on', line: first })
  }
  lines.set(name, first ?? at.line)
  const command = readCommand({ node: value, path }, mistakes)
  return command === undefined ? undefined : { name, command }
}

/** The jobs by name, each with a command of its own. */
export function readJobs(field: Field | undefined, mistakes: SpecMistakes): Spec['jobs'] {
  const jobs: [string, JobSpec][] = []
  const expected = { is: 'mapping', example: '{ command: npm run migrate }' } as const
  for (const { name, at, value } of field ? readNamed(field, 'job', mistakes) : []) {
    const keys = mistakes.keysOf(value, 'job', expected)
    if (!keys) continue
    if (!keys.command) {
      const found = { is: 'without-command', what: 'job', name } as const
      mistakes.at(at, value.path, found, { is: 'command-of', what: 'job' })
    }
    const { when, timeout } = definition.job
    const command = keys.command && readCommand(keys.command, mistakes)
    const moment = keys.when && readChoice(keys.when, when.value, mistakes)
    const seconds = keys.timeout && readDuration(keys.timeout, timeout.value, mistakes)
    if (command === undefined) continue
    jobs.push([
      name,
      {
        command,
        when: moment ?? when.default,
        timeoutSeconds: seconds ?? defaultJobTimeoutSeconds,
      },
    ])
  }
  return Object.fromEntries(jobs)
}
