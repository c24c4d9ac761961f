import { type Migration, sql } from 'kysely'

const statements = [
  // An image's ID; null: the artifact is the slug in its folder.
  'alter table artifacts add column image text',
  // What runs here; null: what the server runs where nothing is said.
  'alter table environments add column engine text',
  'create table engineChoice (id integer primary key check (id = 1), engine text not null, why text not null, at text not null)',
  // Who Naru is at registries of images.
  'create table registries (host text primary key, user text not null, sealed blob not null, setAt text not null)',
  // Services of before had neither limits nor volumes.
  `update releases set services = (select json_group_object(key,
  json_patch('{"resources":{},"volumes":{}}', value)) from json_each(releases.services))`,
]

/** Artifacts that are images, and environments with an engine of their own. */
export const docker: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}
