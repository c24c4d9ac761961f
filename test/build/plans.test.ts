import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { findPlan } from '../../src/build/plan.ts'
import { type Machine, type Recipe, sayCommand } from '../../src/build/recipe-types.ts'
import { english } from '../../src/contract/words/english/english.ts'
import { defaultSpec } from '../../src/model/spec.ts'
import { parseSpec } from '../../src/model/spec-file.ts'
import { appNames, folderSource } from '../support/fixture-apps.ts'

const plans = fileURLToPath(new URL('../fixtures/plans', import.meta.url))

/** A machine that is the same everywhere, with every tool but the package managers that a build fetches itself. */
const versions: Record<string, string> = {
  npm: '10.9.4',
  python3: '3.11.2',
  go: '1.26.8',
  cargo: '1.96.0',
  java: '17.0.15',
  mvn: '3.8.7',
}
const machine: Machine = {
  nodeVersion: '20.20.2',
  abi: '115',
  platform: 'linux',
  arch: 'x64',
  tool: async (name) => {
    const version = versions[name]
    return version === undefined ? null : { path: `/usr/bin/${name}`, version }
  },
}

describe('the plan of each fixture app is the one on record', () => {
  test.each(appNames())('%s', async (name) => {
    const source = folderSource(name)
    const spec = await source.readFile('naru.yaml')

    const { recipe } = await findPlan(
      source,
      spec === undefined
        ? defaultSpec
        : parseSpec(spec, { file: 'naru.yaml', environment: 'production' }),
      machine,
    )

    await expect(said(recipe)).toMatchFileSnapshot(join(plans, `${name}.txt`))
  })

  test('and each plan on record is that of an app', async () => {
    const recorded = (await readdir(plans)).map((file) => file.replace(/\.txt$/, ''))
    expect(recorded.sort()).toEqual(appNames())
  })
})

/** One line for each thing that a plan says, so that a change of it is read as a change of a line. */
function said({
  kind,
  steps,
  services,
  jobs,
  reasons,
  environment,
  tools,
  leaves = [],
  ...more
}: Recipe): string {
  return [
    `kind: ${kind}`,
    ...reasons.map((reason) => `- ${english.buildReason(reason)}`),
    ...steps.flatMap(({ name, command, cached, keeps, moved, folder }) => [
      `step ${name}: ${sayCommand(command)}`,
      ...(folder === undefined ? [] : [`  in ${folder}`]),
      ...(cached === undefined ? [] : [`  keeps ${(keeps ?? ['node_modules']).join(', ')}`]),
      ...(moved === undefined ? [] : [`  moved ${moved.join(', ')}`]),
    ]),
    ...Object.entries(services).map(([name, command]) => `service ${name}: ${sayCommand(command)}`),
    ...Object.entries(jobs).map(
      ([name, { command, when }]) => `job ${name} (${when}): ${sayCommand(command)}`,
    ),
    ...Object.entries(environment).map(([name, value]) => `variable ${name}: ${value}`),
    ...Object.entries(tools).map(([name, version]) => `tool ${name}: ${version}`),
    ...(leaves.length === 0 ? [] : [`leaves ${sayLeaves(leaves)}`]),
    ...Object.entries(more).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    '',
  ].join('\n')
}

/** A lockfile may name hundreds. */
const sayLeaves = (leaves: string[]): string =>
  leaves.length > 3
    ? `${leaves.slice(0, 3).join(', ')} and ${leaves.length - 3} more`
    : leaves.join(', ')
