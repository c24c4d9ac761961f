import { type ForeignNotes, replicasIn, shownCommand, shownLabel } from './foreign-notes.ts'
import type { ForeignValue } from './foreign-tree.ts'
import { isLabel } from './name.ts'
import { within } from './spec-mistakes.ts'
import { quote } from './yaml-tree.ts'

/** Heroku's and Dokku's app.json, and any other file of that name, whose keys mean nothing here. */
export function noteAppJson(root: ForeignValue, notes: ForeignNotes): void {
  for (const [key, value] of root.keys ?? []) {
    if (key === 'name' && isLabel(value.text ?? '')) notes.write(key, value, `app: ${value.text}`)
    else if (about.has(key)) notes.given(within('', key), value, 'about')
    else if (key === 'env') notes.variables(key, value)
    else if (key === 'formation') noteFormation(value, notes)
    else if (key === 'scripts') noteScripts(value, notes)
    else if (key === 'addons') noteAddons(value, notes)
    else if (key === 'buildpacks' || key === 'stack') notes.given(within('', key), value, 'build')
    else if (key === 'healthchecks') noteHealth(value, notes)
    else notes.note(within('', key), value, null)
  }
}

const about = new Set([
  '$schema',
  'name',
  'description',
  'repository',
  'website',
  'keywords',
  'logo',
  'success_url',
])

function noteFormation(value: ForeignValue, notes: ForeignNotes): void {
  for (const [name, process] of value.keys ?? []) {
    const replicas = replicasIn(process.keys?.get('quantity'))
    const path = within('formation', name)
    if (replicas === undefined) notes.note(path, process, null)
    else notes.write(path, process, `services: { ${shownLabel(name)}: { replicas: ${replicas} } }`)
    for (const [key, inside] of process.keys ?? []) {
      if (key !== 'quantity') notes.note(within(path, key), inside, null)
    }
  }
}

/** What runs around a deployment; Dokku puts its own a level deeper. */
function noteScripts(value: ForeignValue, notes: ForeignNotes, path = 'scripts'): void {
  for (const [key, script] of value.keys ?? []) {
    const inside = within(path, key)
    const command = shownCommand(script)
    if (key === 'dokku' && script.keys) noteScripts(script, notes, inside)
    else if (key === 'test') notes.write(inside, script, `pipeline: [{ test: ${command} }]`)
    else if (key === 'predeploy') {
      notes.write(
        inside,
        script,
        `jobs: { release: { command: ${command}, when: before-rollout } }`,
      )
    } else if (key === 'postdeploy') {
      notes.write(inside, script, `jobs: { postdeploy: { command: ${command} } }`)
    } else notes.note(inside, script, null)
  }
}

function noteAddons(value: ForeignValue, notes: ForeignNotes): void {
  for (const [index, addon] of (value.items ?? []).entries()) {
    const image = addon.text ?? addon.keys?.get('plan')?.text
    const means = image === undefined ? null : ({ is: 'backing', image: quote(image) } as const)
    notes.note(`addons[${index}]`, addon, means)
  }
}

function noteHealth(value: ForeignValue, notes: ForeignNotes): void {
  for (const [name, checks] of value.keys ?? []) {
    const asked = (checks.items ?? []).find(({ keys }) => keys?.has('path'))?.keys?.get('path')
    const path = asked?.text ?? ''
    if (!/^\/[\w./-]*$/.test(path)) notes.note(within('healthchecks', name), checks, null)
    else {
      const write = `services: { ${shownLabel(name)}: { health: { path: ${path} } } }`
      notes.write(within('healthchecks', name), checks, write)
    }
  }
}
