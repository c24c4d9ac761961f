import { type Migration, sql } from 'kysely'

const place = `app text not null,
  environment text not null`
const ofEnvironment =
  'foreign key (app, environment) references environments (app, environment) on delete cascade'

const statements = [
  `create table apps (
  number integer primary key autoincrement,
  name text not null unique,
  createdAt text not null
) strict`,

  `create table environments (
  app text not null references apps (name) on delete cascade,
  environment text not null,
  stable integer,
  warmRelease integer,
  warmUntilServed integer,
  primary key (app, environment),
  foreign key (app, environment, stable) references releases (app, environment, number) deferrable initially deferred,
  foreign key (app, environment, warmRelease) references releases (app, environment, number) deferrable initially deferred,
  check ((warmRelease is null) = (warmUntilServed is null))
) strict`,

  `create table settings (
  ${place},
  name text not null,
  value text not null,
  primary key (app, environment, name),
  ${ofEnvironment}
) strict`,

  `create table secrets (
  ${place},
  name text not null,
  latest integer not null,
  isSet integer not null check (isSet in (0, 1)),
  primary key (app, environment, name),
  ${ofEnvironment}
) strict`,

  `create table secretVersions (
  ${place},
  name text not null,
  version integer not null,
  sealed blob not null,
  setAt text not null,
  primary key (app, environment, name, version),
  foreign key (app, environment, name) references secrets (app, environment, name) on delete cascade
) strict`,

  `create table builds (
  id integer primary key,
  ${place},
  number integer not null,
  status text not null,
  "commit" text not null,
  title text not null,
  "by" text not null,
  queuedAt text not null,
  startedAt text,
  endedAt text,
  artifact text,
  problem text,
  deployment integer,
  unique (app, number),
  ${ofEnvironment}
) strict`,
  'create index buildsByStatus on builds (status, id)',
  'create index buildsByEnvironment on builds (app, environment)',

  `create table artifacts (
  app text not null references apps (name) on delete cascade,
  digest text not null,
  folder text not null,
  start text not null,
  keptAt text not null,
  primary key (app, digest)
) strict`,

  `create table releases (
  ${place},
  number integer not null,
  "commit" text not null,
  title text not null,
  build integer not null,
  artifact text not null,
  services text not null,
  routes text not null,
  settings text not null,
  secrets text not null,
  createdAt text not null,
  "by" text not null,
  reason text not null,
  stableAt text,
  lastStableAt text,
  stableTurn integer,
  primary key (app, environment, number),
  ${ofEnvironment}
) strict`,
  'create unique index releasesByStableTurn on releases (app, environment, stableTurn) where stableTurn is not null',

  `create table deployments (
  id integer primary key,
  ${place},
  number integer not null,
  release integer not null,
  "from" integer,
  status text not null,
  rollout text not null,
  "by" text not null,
  queuedAt text not null,
  startedAt text,
  liveAt text,
  endedAt text,
  unique (app, environment, number),
  foreign key (app, environment, release) references releases (app, environment, number) on delete cascade,
  ${ofEnvironment}
) strict`,
  'create index deploymentsByStatus on deployments (status, id)',
  'create index deploymentsByRelease on deployments (app, environment, release)',

  `create table events (
  id integer primary key autoincrement,
  at text not null,
  app text,
  environment text,
  kind text not null,
  deployment integer,
  data text not null
) strict`,
  'create index eventsByPlace on events (app, environment, id)',
  'create index eventsByDeployment on events (app, environment, deployment, id) where deployment is not null',

  `create table ports (
  port integer primary key,
  instance text not null
) strict`,
  'create index portsByInstance on ports (instance)',

  `create table tokens (
  name text primary key,
  hash text not null unique,
  permission text not null,
  createdAt text not null
) strict`,

  `create table clock (
  id integer primary key check (id = 1),
  servedMs integer not null
) strict`,

  `create table routeTable (
  id integer primary key check (id = 1),
  number integer not null,
  routes text not null
) strict`,
]

/** All tables of the first version. */
export const first: Migration = {
  up: async (db) => {
    for (const statement of statements) await sql.raw(statement).execute(db)
  },
}
