import type { Selectable } from 'kysely'
import type { Artifact, ArtifactBody } from '../model/artifact.ts'
import { fromJson, toJson } from './json.ts'
import type { Db, Tables } from './tables.ts'

/** Notes where an artifact is; of the same digest, the later note counts. */
export async function keepArtifact(
  db: Db,
  { app, digest, body, services, jobs, environment = {}, workingFolder = '.' }: Artifact,
  at: string,
): Promise<void> {
  const found = { services: toJson(services), jobs: toJson(jobs), environment: toJson(environment) }
  const kept = { ...columnsOf(body), workingFolder, ...found, keptAt: at }
  await db
    .insertInto('artifacts')
    .values({ app, digest, ...kept })
    .onConflict((conflict) => conflict.columns(['app', 'digest']).doUpdateSet(kept))
    .execute()
}

export async function findArtifact(
  db: Db,
  app: string,
  digest: string,
): Promise<Artifact | undefined> {
  const row = await db
    .selectFrom('artifacts')
    .selectAll()
    .where('app', '=', app)
    .where('digest', '=', digest)
    .executeTakeFirst()
  return row && artifactOf(row)
}

/** Of all apps, by app and digest. */
export async function listArtifacts(db: Db): Promise<Artifact[]> {
  const rows = await db
    .selectFrom('artifacts')
    .selectAll()
    .orderBy('app')
    .orderBy('digest')
    .execute()
  return rows.map(artifactOf)
}

/** Whether anything, of one app or of any, was built or is to be built as an image. */
export async function usesImages(db: Db, app?: string): Promise<boolean> {
  const image = await db
    .selectFrom('artifacts')
    .select('app')
    .where('image', 'is not', null)
    .$if(app !== undefined, (query) => query.where('app', '=', app ?? ''))
    .executeTakeFirst()
  if (image !== undefined) return true
  const place = await db
    .selectFrom('environments')
    .select('app')
    .where('engine', '=', 'docker')
    .$if(app !== undefined, (query) => query.where('app', '=', app ?? ''))
    .executeTakeFirst()
  return place !== undefined
}

/** Forgets it; the folder is the caller's. Forgetting what is gone is fine. */
export async function removeArtifact(db: Db, app: string, digest: string): Promise<void> {
  await db.deleteFrom('artifacts').where('app', '=', app).where('digest', '=', digest).execute()
}

const columnsOf = (body: ArtifactBody): { folder: string; image: string | null } =>
  body.kind === 'slug' ? { folder: body.folder, image: null } : { folder: '', image: body.id }

const artifactOf = (row: Selectable<Tables['artifacts']>): Artifact => ({
  digest: row.digest,
  app: row.app,
  body:
    row.image === null ? { kind: 'slug', folder: row.folder } : { kind: 'image', id: row.image },
  services: fromJson(row.services),
  jobs: fromJson(row.jobs),
  environment: fromJson(row.environment),
  workingFolder: row.workingFolder,
})
