import { expect, it } from 'vitest'
import { findEnvironment } from '../../src/store/environments.ts'
import { requireRelease } from '../../src/store/releases.ts'
import { place, rig, until } from './rig.ts'

it('a change of settings goes to what came while it was being read, and never takes it back', async () => {
  const naru = await rig()
  await naru.push('one')
  await until(async () => expect(await naru.stable()).toBe(1))
  const { readFile } = naru.parts.source
  let goOn = () => {}
  let isReading = false
  naru.parts.source.readFile = async (app, commit, path) => {
    if (commit === 'one' && !isReading) {
      isReading = true
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
    }
    return readFile(app, commit, path)
  }

  const change = { set: { GREETING: 'hello' }, unset: [], deploy: true }
  const changing = naru.naru.changeSettings(place, change, 'ada')
  await until(() => expect(isReading).toBe(true))
  await naru.push('two')
  await until(async () => expect(await naru.deployments()).toHaveLength(2))
  goOn()
  const deployment = await changing

  const release = await requireRelease(naru.store.db, place, deployment?.release ?? 0)
  expect(release).toMatchObject({ commit: 'two', settings: { GREETING: 'hello' } })
})

it('a promotion takes what is stable when it is written down, not what was when it was asked for', async () => {
  const naru = await rig()
  const staging = { app: 'shop', environment: 'staging' }
  await naru.naru.createEnvironment(
    'shop',
    { environment: 'staging', branch: null, from: null },
    'ada',
  )
  const stableThere = async () => (await findEnvironment(naru.store.db, staging))?.stable
  await naru.naru.push(staging, { commit: 'good', by: 'ada' })
  await until(async () => expect(await stableThere()).toBe(1))
  await naru.naru.push(staging, { commit: 'bad', by: 'ada' })
  await until(async () => expect(await stableThere()).toBe(2))
  let goOn = () => {}
  let isKeeping = false
  naru.parts.source.keep = async () => {
    if (isKeeping) return
    isKeeping = true
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
  }

  const promoting = naru.naru.deploy(place, { promote: 'staging' }, 'ada')
  await until(() => expect(isKeeping).toBe(true))
  await naru.naru.rollback(staging, undefined, 'ada')
  await until(async () => expect(await stableThere()).toBe(1))
  goOn()

  const { release } = await promoting
  expect(await requireRelease(naru.store.db, place, release)).toMatchObject({ commit: 'good' })
})
