import { type Migration, sql } from 'kysely'

const ofEnvironment =
  'foreign key (app, environment) references environments (app, environment) on delete cascade'

const statements = [
  // The branch whose pushes come here; null: what naru.yaml says, or the usual one.
  'alter table environments add column branch text',

  `create table scales (
  app text not null,
  environment text not null,
  service text not null,
  replicas integer not null check (replicas >= 0),
  primary key (app, environment, service),
  ${ofEnvironment}
) strict`,

  // What is being removed from the disk too, so that a removal that a crash interrupted goes on. Environment empty: the whole app.
  'create table removals (app text not null, environment text not null, primary key (app, environment)) strict',

  // Builds belong to their app: one that an environment was made of outlives it, and no number comes twice.
  `create table appBuilds (
  id integer primary key,
  app text not null references apps (name) on delete cascade,
  environment text not null,
  number integer not null,
  status text not null,
  source text not null default 'push',
  deploys integer not null default 1 check (deploys in (0, 1)),
  warnings text not null default '[]',
  routes text not null default '[]',
  "commit" text not null,
  title text not null,
  "by" text not null,
  queuedAt text not null,
  startedAt text,
  endedAt text,
  artifact text,
  problem text,
  deployment integer,
  unique (app, number)
) strict`,
  `insert into appBuilds (id, app, environment, number, status, "commit", title, "by", queuedAt, startedAt, endedAt, artifact, problem, deployment)
  select id, app, environment, number, status, "commit", title, "by", queuedAt, startedAt, endedAt, artifact, problem, deployment from builds`,
  'drop table builds',
  'alter table appBuilds rename to builds',
  'create index buildsByStatus on builds (status, id)',
  'create index buildsByEnvironment on builds (app, environment)',

  "alter table artifacts add column services text not null default '{}'",
  "alter table artifacts add column jobs text not null default '{}'",
  "alter table artifacts add column environment text not null default '{}'",
  "alter table artifacts add column workingFolder text not null default '.'",
  "update artifacts set services = json_object('web', json(start)) where start <> 'null'",
  'alter table artifacts drop column start',

  "alter table releases add column jobs text not null default '{}'",
  "alter table releases add column strategy text not null default 'blue-green'",
  'alter table releases add column promotedFrom text',

  `create table jobRuns (
  app text not null,
  environment text not null,
  number integer not null,
  release integer not null,
  job text not null,
  status text not null,
  by text not null,
  deployment integer,
  startedAt text not null,
  endedAt text,
  exitCode integer,
  signal text,
  primary key (app, environment, number),
  ${ofEnvironment}
) strict`,
  'create index jobRunsOfRelease on jobRuns (app, environment, release, job)',

  // Deployments of before were all blue-green and without jobs.
  `update deployments set rollout = json_set(rollout, '$.rolling', null, '$.silentSince', null,
  '$.candidate.strategy', 'blue-green', '$.candidate.jobs', json('[]'))`,
  `update deployments set rollout = json_set(rollout, '$.stable.strategy', 'blue-green',
  '$.stable.jobs', json('[]')) where json_type(rollout, '$.stable') = 'object'`,

  'alter table tokens add column createdBy text',
  'alter table tokens add column lastUsedAt text',
]

/** Environments with branches and scale, sources of builds, jobs, promotions, named tokens. */
export const firstHour: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}
