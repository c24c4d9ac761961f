import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/base/secret.ts'
import { createApp } from '../../src/store/apps.ts'
import { readSecrets, setSecret } from '../../src/store/secrets.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { at, options, place, scratchFolder } from './scratch.ts'

const key = (folder: string) => readFileSync(join(folder, 'secret.key'), 'utf8')
const next = (folder: string) => join(folder, 'secret.key.next')
const set = (store: Store, value: string) =>
  store.write((db) => setSecret(db, store.vault, place, 'TOKEN', new Secret(value), at))
const read = async (store: Store, version: number) =>
  (await readSecrets(store.db, store.vault, place, { TOKEN: version }))['TOKEN']?.reveal()

async function filled(): Promise<{ folder: string; store: Store }> {
  const folder = scratchFolder()
  const store = await openStore(folder, options)
  await store.write((db) => createApp(db, { name: place.app, at }))
  await set(store, 'one')
  await set(store, 'two')
  return { folder, store }
}

describe('a rotation of the key', () => {
  it('seals every version with a new key, under which later ones are sealed too', async () => {
    const { folder, store } = await filled()
    const before = key(folder)

    expect(await store.rotateKey(async () => {})).toBe(2)

    expect(key(folder)).not.toBe(before)
    expect(existsSync(next(folder))).toBe(false)
    await set(store, 'three')
    await store.close()
    const again = await openStore(folder, options)
    expect(await Promise.all([1, 2, 3].map((version) => read(again, version)))).toEqual([
      'one',
      'two',
      'three',
    ])
    await again.close()
  })

  it('that failed to be recorded changes nothing for readers, and is finished at the next start', async () => {
    const { folder, store } = await filled()
    const refuse = () => Promise.reject(new Error('no room'))

    await expect(store.rotateKey(refuse)).rejects.toThrow('no room')

    expect(await read(store, 1)).toBe('one')
    await set(store, 'three')
    await store.close()
    const again = await openStore(folder, options)
    expect(existsSync(next(folder))).toBe(false)
    expect(await Promise.all([1, 2, 3].map((version) => read(again, version)))).toEqual([
      'one',
      'two',
      'three',
    ])
    await again.close()
  })

  it('that was cut off before the old key went is finished at the next start', async () => {
    const { folder, store } = await filled()
    const old = key(folder)
    await store.rotateKey(async () => {})
    await store.close()
    // As a crash right before the new key takes the old one's name leaves it.
    copyFileSync(join(folder, 'secret.key'), next(folder))
    writeFileSync(join(folder, 'secret.key'), old)

    const again = await openStore(folder, options)

    expect(key(folder)).not.toBe(old)
    expect(existsSync(next(folder))).toBe(false)
    expect(await read(again, 2)).toBe('two')
    await again.close()
  })
})
