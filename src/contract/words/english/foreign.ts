import type { ForeignGiven, ForeignNote } from '../../../model/foreign-note.ts'
import { listed } from './grammar.ts'

/** A key of another tool's file, and what it would be here. */
export function foreign({ file, line, key, means }: ForeignNote): string {
  const where = `${file}:${line}${key === '' ? '' : ` ${key}`}`
  if (means === null) return `${where}: has no meaning here`
  switch (means.is) {
    case 'unreadable':
      return `${where}: the file cannot be read from here on, so nothing of it was looked at`
    case 'write':
      return `${where}: not applied; in naru.yaml it is ${means.write}`
    case 'variables':
      return `${where}: not applied; ${listed(means.names)} ${means.names.length === 1 ? 'gets its value' : 'get their values'} by naru settings set NAME=VALUE or naru secret set NAME`
    case 'given':
      return `${where}: not needed: ${given[means.what]}`
    case 'backing':
      return `${where}: Naru does not run ${means.image}; run it elsewhere and give its address by naru secret set NAME`
    case 'more':
      return `${file}: ${means.count} more keys, none of them applied`
  }
}

const given: Record<ForeignGiven, string> = {
  port: 'Naru gives each instance its port as PORT',
  restart: 'Naru starts again what ends',
  build: 'Naru finds out how to build from the files',
  router: 'the router of Naru speaks HTTP for every app',
  network: 'the services of an app start together on one machine',
  name: 'Naru names each instance',
  version: 'it says nothing about the app',
  template: 'it is read where an alias names it',
  about: 'it describes the app for people',
  health: 'Naru asks whether each instance accepts connections',
}
