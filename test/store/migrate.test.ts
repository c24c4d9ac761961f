import { cpSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Migration, sql } from 'kysely'
import { expect, test } from 'vitest'
import { defaultService, type ServiceSpec } from '../../src/model/spec.ts'
import { createApp, findApp } from '../../src/store/apps.ts'
import { openConnection } from '../../src/store/driver.ts'
import { migrate } from '../../src/store/migrate.ts'
import { migrations } from '../../src/store/migrations/list.ts'
import { requireRelease } from '../../src/store/releases.ts'
import { openStore } from '../../src/store/store.ts'
import type { Tables } from '../../src/store/tables.ts'
import { at, failureOf, options, scratchFolder, scratchStore } from './scratch.ts'

const addColour: Migration = {
  up: async (db) => {
    await sql`alter table apps add column colour text`.execute(db)
  },
}
const breakHalfway: Migration = {
  up: async (db) => {
    await sql`create table half (id integer)`.execute(db)
    await sql`insert into half values (1)`.execute(db)
    throw new Error('broke halfway')
  },
}

const closedStore = async (): Promise<string> => {
  const folder = scratchFolder()
  const store = await openStore(folder, options)
  await store.write((db) => createApp(db, { name: 'shop', at }))
  await store.close()
  return folder
}

const tables = async (folder: string): Promise<string[]> => {
  const { db, close } = openConnection(join(folder, 'naru.db'), 'read')
  const { rows } = await sql<{
    name: string
  }>`select name from sqlite_master where type = 'table'`.execute(db)
  await close()
  return rows.map(({ name }) => name)
}

const copies = (folder: string): string[] => readdirSync(join(folder, 'copies'))

test('a new folder gets every table and needs no copy', async () => {
  const folder = await closedStore()
  expect(await tables(folder)).toEqual(
    expect.arrayContaining(['apps', 'releases', 'deployments', 'events']),
  )
  expect(readdirSync(folder)).not.toContain('copies')
})

test('an old database is copied, then changed, and keeps what was in it', async () => {
  const folder = await closedStore()
  await migrate(folder, { ...migrations, '9001-colour': addColour }, options)
  expect(copies(folder)).toEqual(['naru-2026-11-24T12-00-00Z-before-9001-colour.db'])
  expect(statSync(join(folder, 'copies', copies(folder)[0] ?? '')).mode & 0o777).toBe(0o600)
  const { db, close } = openConnection<{ apps: { name: string; colour: string | null } }>(
    join(folder, 'naru.db'),
    'read',
  )
  expect(await db.selectFrom('apps').select(['name', 'colour']).execute()).toEqual([
    { name: 'shop', colour: null },
  ])
  await close()
})

test('a change of the tables that fails halfway leaves nothing, of those before it neither', async () => {
  const folder = await closedStore()
  const before = await tables(folder)
  const wanted = { ...migrations, '9001-colour': addColour, '9002-half': breakHalfway }
  await expect(migrate(folder, wanted, options)).rejects.toThrow('broke halfway')
  expect(await tables(folder)).toEqual(before)
  const store = await scratchStore(folder)
  expect(await findApp(store.db, 'shop')).toBeDefined()
  const { rows } = await sql<{ name: string }>`select name from pragma_table_info('apps')`.execute(
    store.db,
  )
  expect(rows.map(({ name }) => name)).not.toContain('colour')
})

test('a database that is up to date is left as it is', async () => {
  const folder = await closedStore()
  await (await openStore(folder, options)).close()
  expect(readdirSync(folder)).not.toContain('copies')
})

test('a database that a newer Naru wrote is refused and left as it is', async () => {
  const folder = await closedStore()
  await migrate(folder, { ...migrations, '9001-colour': addColour }, options)
  const file = join(folder, 'naru.db')
  const { mtimeMs } = statSync(file)
  expect(await failureOf(() => openStore(folder, options))).toEqual({
    code: 'data.newer',
    facts: { file, found: '9001-colour' },
  })
  expect(statSync(file).mtimeMs).toBe(mtimeMs)
})

test('the copy from before a change is what an older Naru goes back to', async () => {
  const folder = await closedStore()
  await migrate(folder, { ...migrations, '9001-colour': addColour }, options)
  for (const part of ['naru.db', 'naru.db-wal', 'naru.db-shm'])
    rmSync(join(folder, part), { force: true })
  cpSync(join(folder, 'copies', copies(folder)[0] ?? ''), join(folder, 'naru.db'))
  const store = await scratchStore(folder)
  expect(await findApp(store.db, 'shop')).toBeDefined()
})

test('releases of a Naru without limits and volumes have none of them, and keep the rest', async () => {
  const folder = scratchFolder()
  const { '0003-docker': _, ...before } = migrations
  writeFileSync(join(folder, 'naru.db'), '')
  await migrate(folder, before, options)
  const { db, close } = openConnection<Tables>(join(folder, 'naru.db'), 'write')
  await createApp(db, { name: 'shop', at })
  const {
    port: _port,
    resources: _resources,
    volumes: _volumes,
    ...web
  } = defaultService as ServiceSpec
  const services = { web: { ...web, command: 'node a.js' }, worker: { ...web, command: ['b'] } }
  await sql`insert into releases (app, environment, number, "commit", title, build, artifact, services, jobs, routes, strategy,
    settings, secrets, createdAt, "by", reason)
    values ('shop', 'production', 1, 'c0ffee', 't', 1, 'sha256-1', ${JSON.stringify(services)}, '{}', '[]', 'blue-green',
    '{}', '{}', ${at}, 'ada', 'push')`.execute(db)
  await close()
  const store = await scratchStore(folder)
  const place = { app: 'shop', environment: 'production' }
  const release = await requireRelease(store.db, place, 1)
  expect(release.services).toEqual({
    web: { ...services.web, resources: {}, volumes: {} },
    worker: { ...services.worker, resources: {}, volumes: {} },
  })
})
