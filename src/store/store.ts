import { AsyncLocalStorage } from 'node:async_hooks'
import { NaruError } from '../base/error.ts'
import type { Log } from '../base/log.ts'
import type { NaruEvent } from '../model/event.ts'
import { unknownState } from './deployments.ts'
import { openConnection } from './driver.ts'
import { lastEventId, listEvents } from './events.ts'
import { databaseFile, makeFolder, makePrivateFile } from './folder.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/list.ts'
import { resealRegistries } from './registries.ts'
import { resealSecrets } from './secrets.ts'
import type { Db, Tables } from './tables.ts'
import { openVault, type Vault } from './vault.ts'

export type { Db } from './tables.ts'

export interface Store {
  /** The data folder that it lies in. */
  readonly folder: string
  /** For reading: sees what was committed, never a change that is still being made. */
  readonly db: Db
  /**
   * Makes one change after the other, each whole or not at all: a throw undoes all of it. What it resolved with is
   * on the disk. Everything in it goes through the `db` it is given; a `write` inside a `write` throws.
   */
  write<T>(change: (db: Db) => Promise<T>): Promise<T>
  /** Calls back once for each event after its commit, in the order of ids, before `write` resolves. Returns how to stop it. */
  onEvent(listener: (event: NaruEvent) => void): () => void
  readonly vault: Vault
  /**
   * Seals every secret with a new key and forgets the old one; returns how many. Cut off by a crash at any point, it is
   * finished when the store is opened next. `record` belongs to the same change.
   */
  rotateKey(record: (db: Db, secrets: number) => Promise<void>): Promise<number>
  /** Lets the changes that were asked for end, then lets go of the files. */
  close(): Promise<void>
}

/**
 * Opens the store of a data folder, made if there is none and brought up to date if it is old. Whoever calls it
 * holds the folder's lock. Throws `data.unwritable`, `data.full`, `data.broken`, `data.newer`.
 */
export async function openStore(
  folder: string,
  options: { now: () => Date; log: Log },
): Promise<Store> {
  const file = databaseFile(folder)
  makeFolder(folder)
  makePrivateFile(folder, file)
  await migrate(folder, migrations, options)
  const vault = openVault(folder)
  const writer = openConnection<Tables>(file, 'write')
  const reader = openConnection<Tables>(file, 'read')
  const found = await unknownState(reader.db)
  if (found !== undefined) {
    await Promise.all([reader.close(), writer.close()])
    throw new NaruError('data.newer', { file, found })
  }
  const teller = await eventTeller(reader.db, options.log)
  const queue = writeQueue(writer.db, () => teller.tell())
  const rotateKey: Store['rotateKey'] = async (record) => {
    vault.beginRotation()
    const count = await queue.write(async (db) => {
      const resealed = (await resealSecrets(db, vault)) + (await resealRegistries(db, vault))
      await record(db, resealed)
      return resealed
    })
    vault.endRotation()
    return count
  }
  if (vault.isRotating) await rotateKey(async () => {})
  return {
    folder,
    db: reader.db,
    rotateKey,
    write: queue.write,
    onEvent: teller.onEvent,
    vault,
    close: async () => {
      await queue.close()
      await reader.close()
      await writer.close()
    },
  }
}

/** Runs changes in the order in which they were asked for, `afterCommit` between them. */
function writeQueue(db: Db, afterCommit: () => Promise<void>) {
  const inside = new AsyncLocalStorage<{ open: boolean }>()
  let last: Promise<unknown> = Promise.resolve()
  let closed = false

  const run = async <T>(change: (db: Db) => Promise<T>): Promise<T> => {
    const turn = { open: true }
    try {
      const result = await db
        .transaction()
        .execute((transaction) => inside.run(turn, () => change(transaction)))
      turn.open = false
      await afterCommit()
      return result
    } finally {
      turn.open = false
    }
  }

  return {
    write: async <T>(change: (db: Db) => Promise<T>): Promise<T> => {
      if (inside.getStore()?.open) throw new Error('a write inside a write would wait for itself')
      if (closed) throw new Error('the store is closed')
      const result = last.then(() => run(change))
      last = result.catch(() => {}) // Whoever asked for it gets the failure; the next change goes on.
      return await result
    },
    close: async () => {
      closed = true
      await last
    },
  }
}

/** Tells listeners what was committed since it told them last, as it stands in the log. */
async function eventTeller(db: Db, log: Log) {
  const listeners = new Set<(event: NaruEvent) => void>()
  let told = await lastEventId(db)

  const tellOne = (event: NaruEvent): void => {
    for (const listener of [...listeners]) {
      try {
        listener(event)
      } catch (error) {
        log.error('a listener failed on an event', error, { event: event.id, kind: event.kind })
      }
    }
  }

  return {
    onEvent: (listener: (event: NaruEvent) => void) => {
      const own = (event: NaruEvent): void => listener(event)
      listeners.add(own)
      return () => {
        listeners.delete(own)
      }
    },
    tell: async (): Promise<void> => {
      try {
        for (const event of await listEvents(db, { after: told })) {
          told = event.id
          tellOne(event)
        }
      } catch (error) {
        // The change is on the disk, so it has not failed. What was not told is told with the next one.
        log.error('committed events could not be read back', error, { after: told })
      }
    },
  }
}
