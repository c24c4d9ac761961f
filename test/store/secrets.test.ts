import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { createApp } from '../../src/store/apps.ts'
import { copyDatabase } from '../../src/store/copies.ts'
import {
  listSecrets,
  pruneSecrets,
  readSecrets,
  setSecret,
  unsetSecret,
} from '../../src/store/secrets.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { openVault } from '../../src/store/vault.ts'
import { at, failureOf, options, place, scratchFolder, scratchStore, shopStore } from './scratch.ts'

const set = (store: Store, name: string, value: string, time = at) =>
  store.write((db) => setSecret(db, store.vault, place, name, new Secret(value), time))
const read = async (store: Store, versions: Record<string, number>) => {
  const values = await readSecrets(store.db, store.vault, place, versions)
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.reveal()]))
}

test('every value set is a new version, and the older ones stay readable', async () => {
  const store = await shopStore()
  expect(await set(store, 'TOKEN', 'one')).toBe(1)
  expect(await set(store, 'TOKEN', 'two', '2026-11-25T00:00:00.000Z')).toBe(2)
  expect(await set(store, 'KEY', 'zwölf 열둘 🔑\n')).toBe(1)
  expect(await read(store, { TOKEN: 1 })).toEqual({ TOKEN: 'one' })
  expect(await read(store, { TOKEN: 2, KEY: 1 })).toEqual({ TOKEN: 'two', KEY: 'zwölf 열둘 🔑\n' })
  expect(await read(store, {})).toEqual({})
  expect(await listSecrets(store.db, place)).toEqual([
    { name: 'KEY', version: 1, updatedAt: at },
    { name: 'TOKEN', version: 2, updatedAt: '2026-11-25T00:00:00.000Z' },
  ])
})

test('one that is unset is listed no more, is readable for who pinned it, and counts on when set again', async () => {
  const store = await shopStore()
  await set(store, 'TOKEN', 'one')
  expect(await store.write((db) => unsetSecret(db, place, 'TOKEN'))).toBe(true)
  expect(await store.write((db) => unsetSecret(db, place, 'TOKEN'))).toBe(false)
  expect(await store.write((db) => unsetSecret(db, place, 'OTHER'))).toBe(false)
  expect(await listSecrets(store.db, place)).toEqual([])
  expect(await read(store, { TOKEN: 1 })).toEqual({ TOKEN: 'one' })
  expect(await set(store, 'TOKEN', 'two')).toBe(2)
})

test('pruning leaves what is set and what releases pinned, and no version number is used twice', async () => {
  const store = await shopStore()
  for (const value of ['1', '2', '3', '4']) await set(store, 'TOKEN', value)
  await set(store, 'GONE', '1')
  await store.write((db) => unsetSecret(db, place, 'GONE'))
  expect(
    await store.write((db) => pruneSecrets(db, place, [{ TOKEN: 2 }, { TOKEN: 2, OTHER: 1 }])),
  ).toBe(3)
  expect(await read(store, { TOKEN: 2 })).toEqual({ TOKEN: '2' })
  expect(await read(store, { TOKEN: 4 })).toEqual({ TOKEN: '4' })
  for (const versions of [{ TOKEN: 1 }, { TOKEN: 3 }, { GONE: 1 }]) {
    const [name] = Object.keys(versions)
    expect(await failureOf(() => read(store, versions))).toEqual({
      code: 'secret.unreadable',
      facts: { ...place, name },
    })
  }
  expect(await set(store, 'GONE', 'new')).toBe(2)
})

test('a value is in no byte of any file of the folder, neither set, unset nor copied', async () => {
  const store = await shopStore()
  const canary = 'canary-5f1c9d-value'
  await set(store, 'TOKEN', canary)
  await copyDatabase(store, new Date(at))
  await store.write((db) => unsetSecret(db, place, 'TOKEN'))
  for (const name of readdirSync(store.folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(store.folder, name)
    if (!statSync(file).isFile()) continue
    const bytes = readFileSync(file)
    for (const form of [
      canary,
      Buffer.from(canary).toString('base64').slice(0, -4),
      Buffer.from(canary).toString('hex'),
    ]) {
      expect([name, bytes.includes(form)]).toEqual([name, false])
    }
  }
})

test('the same value is never sealed to the same bytes', async () => {
  const vault = openVault(scratchFolder())
  const sealed = [1, 2].map(() =>
    Buffer.from(vault.seal(new Secret('same'), 'here')).toString('hex'),
  )
  expect(sealed[0]).not.toBe(sealed[1])
})

test('what was sealed for one purpose, changed, or cut opens for nothing', () => {
  const vault = openVault(scratchFolder())
  const sealed = vault.seal(new Secret('value'), 'shop/production/TOKEN@1')
  expect(vault.open(sealed, 'shop/production/TOKEN@1')?.reveal()).toBe('value')
  expect(vault.open(sealed, 'blog/production/TOKEN@1')).toBeUndefined()
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Uint8Array.from(sealed, (byte, place) => (place === at ? byte ^ 1 : byte))
    expect(vault.open(changed, 'shop/production/TOKEN@1')).toBeUndefined()
    expect(vault.open(sealed.subarray(0, at), 'shop/production/TOKEN@1')).toBeUndefined()
  }
})

test('the key is made once, and without it a secret is unreadable, not wrong', async () => {
  const folder = scratchFolder()
  const first = await openStore(folder, options)
  await first.write((db) => createApp(db, { name: 'shop', at }))
  await set(first, 'TOKEN', 'one')
  await first.close()
  const key = readFileSync(join(folder, 'secret.key'))
  await (await openStore(folder, options)).close()
  expect(readFileSync(join(folder, 'secret.key'))).toEqual(key)
  rmSync(join(folder, 'secret.key'))
  const second = await scratchStore(folder)
  expect(await failureOf(() => read(second, { TOKEN: 1 }))).toMatchObject({
    code: 'secret.unreadable',
  })
})

test('a key file that holds no key is named, and stays as it is', async () => {
  const folder = scratchFolder()
  const file = join(folder, 'secret.key')
  writeFileSync(file, 'not a key\n')
  expect(await failureOf(() => openVault(folder))).toEqual({
    code: 'data.broken',
    facts: { file, reason: 'it does not hold a key' },
  })
  expect(readFileSync(file, 'utf8')).toBe('not a key\n')
})

test('a value with NUL cannot be handed to a program, so it is refused', async () => {
  const store = await shopStore()
  expect(await failureOf(() => set(store, 'TOKEN', 'a\0b'))).toMatchObject({
    code: 'value.invalid',
  })
  expect(await listSecrets(store.db, place)).toEqual([])
})
