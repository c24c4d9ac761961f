import type { Migration } from 'kysely'
import { first } from './0001-first.ts'
import { firstHour } from './0002-first-hour.ts'
import { docker } from './0003-docker.ts'

/** Every change of the tables there ever was, in order. One that was released is never edited or taken out. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-first-hour': firstHour,
  '0003-docker': docker,
}
