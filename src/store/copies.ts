import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { NaruError } from '../base/error.ts'
import { copyDatabaseFile } from './driver.ts'
import {
  copiesFolder,
  databaseFile,
  inFolder,
  makeFolder,
  makePrivateFile,
  syncFolder,
} from './folder.ts'

/** What a copy needs of a store: where it lies, and a turn in which nobody writes. */
export type Copied = {
  readonly folder: string
  write<T>(change: () => Promise<T>): Promise<T>
}

/** Copies kept of each kind. */
export const copiesKept = 3

/** Copies the database, as of the last change, into the folder's `copies`, and returns the file. Changes wait meanwhile. Throws `data.full`. */
export async function copyDatabase(store: Copied, now: Date): Promise<string> {
  return store.write(() => copyAs(store.folder, daily, now))
}

/** `copyDatabase`, unless there is one from the last 24 hours: then null. */
export async function dailyCopy(store: Copied, now: Date): Promise<string | null> {
  const newest = copiesOf(store.folder, daily).at(-1)
  const ageMs =
    newest === undefined ? Number.POSITIVE_INFINITY : now.getTime() - newest.at.getTime()
  return ageMs >= 0 && ageMs < dayMs ? null : copyDatabase(store, now)
}

/** Copies the database before it is changed to what the migration `name` makes of it. Nobody else may have it open. */
export async function copyBefore(folder: string, name: string, now: Date): Promise<string> {
  return copyAs(folder, `${before}${name}`, now)
}

const daily = 'daily'
const before = 'before-'
const dayMs = 24 * 60 * 60 * 1000
/** Left free beside a copy, so that it never takes the last of what the database and the apps need. */
const spareBytes = 16 * 1024 * 1024

/** The copy appears under its name when it is whole, looked through and on the disk. */
async function copyAs(folder: string, occasion: string, now: Date): Promise<string> {
  const copies = copiesFolder(folder)
  const aside = join(copies, '.unfinished.db')
  const file = join(copies, `naru-${stampOf(now)}-${occasion}.db`)
  makeFolder(copies)
  inFolder(folder, () => removeCopy(aside))
  refuseFullDisk(folder)
  try {
    makePrivateFile(folder, aside)
    await copyDatabaseFile(databaseFile(folder), aside)
    inFolder(folder, () => {
      syncFile(aside)
      renameSync(aside, file)
      syncFolder(copies)
    })
  } finally {
    removeCopy(aside)
  }
  const others = copiesOf(folder, occasion).filter((copy) => copy.file !== file)
  for (const old of others.slice(0, Math.max(0, others.length - (copiesKept - 1))))
    removeCopy(old.file)
  return file
}

/** Those of the same kind, oldest first. */
function copiesOf(folder: string, occasion: string): { file: string; at: Date }[] {
  const kind = occasion === daily ? daily : before
  const copies = copiesFolder(folder)
  makeFolder(copies)
  return inFolder(folder, () => readdirSync(copies))
    .sort()
    .flatMap((name) => {
      const [, date, time, of] =
        /^naru-(\d{4}-\d\d-\d\d)T(\d\d-\d\d-\d\d)Z-(daily|before-).*\.db$/.exec(name) ?? []
      if (date === undefined || time === undefined || of !== kind) return []
      return [{ file: join(copies, name), at: new Date(`${date}T${time.replaceAll('-', ':')}Z`) }]
    })
}

const stampOf = (now: Date): string => `${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`

function refuseFullDisk(folder: string): void {
  const file = databaseFile(folder)
  inFolder(folder, () => {
    const log = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
    const { bavail, bsize } = statfsSync(folder)
    if (bavail * bsize < statSync(file).size + log + spareBytes)
      throw new NaruError('data.full', { folder })
  })
}

function syncFile(file: string): void {
  const handle = openSync(file, 'r+')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

const removeCopy = (file: string): void => {
  for (const part of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`])
    rmSync(part, { force: true })
}
