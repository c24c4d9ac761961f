import type { Environment, Place } from '../model/environment.ts'
import { requireApp } from '../store/apps.ts'
import { requireEnvironment } from '../store/environments.ts'
import type { Db } from '../store/store.ts'

/** The environment that a path names. Throws `app.unknown` before `environment.unknown`. */
export async function requirePlace(db: Db, { app, environment }: Place): Promise<Environment> {
  await requireApp(db, app)
  return requireEnvironment(db, { app, environment })
}
