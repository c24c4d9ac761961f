import { expect, test } from 'vitest'
import { beginRemoval, endRemoval, listRemovals } from '../../src/store/removals.ts'
import { openStore } from '../../src/store/store.ts'
import { options, scratchFolder, scratchStore } from './scratch.ts'

test('a removal that has begun is known after a restart, until it is over', async () => {
  const folder = scratchFolder()
  const before = await openStore(folder, options)
  const staging = { app: 'shop', environment: 'staging' }
  for (const what of [{ app: 'shop' }, staging, { app: 'blog' }, { app: 'shop' }])
    await before.write((db) => beginRemoval(db, what))
  await before.close()

  const store = await scratchStore(folder)
  expect(await listRemovals(store.db)).toEqual([{ app: 'blog' }, { app: 'shop' }, staging])
  await store.write((db) => endRemoval(db, { app: 'shop' }))
  await store.write((db) => endRemoval(db, { app: 'shop' }))
  expect(await listRemovals(store.db)).toEqual([{ app: 'blog' }, staging])
})
