import type { EngineName } from '../model/engine.ts'
import type { Place } from '../model/environment.ts'
import { saveEngineChoice } from '../store/engine-choice.ts'
import { requireEnvironment, setEngine } from '../store/environments.ts'
import { appendEvent } from '../store/events.ts'
import type { Parts } from './parts.ts'

/**
 * What pushes to an environment are built for from now on, null: what the server builds for. What runs, runs on where it
 * is, and what was built goes live again where it was built for. Throws `engine.unavailable`, `environment.unknown`.
 */
export async function chooseEngine(
  { store, clock, useEngine }: Pick<Parts, 'store' | 'clock' | 'useEngine'>,
  { app, environment }: Place,
  engine: EngineName | null,
  by: string,
): Promise<void> {
  const place = { app, environment }
  if (engine !== null) await useEngine(engine)
  await store.write(async (db) => {
    await requireEnvironment(db, place)
    await setEngine(db, place, engine)
    const at = clock.now().toISOString()
    await appendEvent(db, at, { ...place, kind: 'engine.chosen', data: { engine, by } })
  })
}

/** The same of all environments that say nothing. Throws `engine.unavailable`. */
export async function chooseServerEngine(
  { store, clock, useEngine }: Pick<Parts, 'store' | 'clock' | 'useEngine'>,
  engine: EngineName,
  by: string,
): Promise<void> {
  await useEngine(engine)
  await store.write(async (db) => {
    const at = clock.now().toISOString()
    await saveEngineChoice(db, { engine, why: { kind: 'asked', by }, at })
    const data = { engine, by }
    await appendEvent(db, at, { app: null, environment: null, kind: 'engine.chosen', data })
  })
}
