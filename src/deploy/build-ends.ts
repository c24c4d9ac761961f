import type { LaterWish } from '../base/error.ts'
import type { Build } from '../model/build.ts'
import type { Place } from '../model/environment.ts'
import { moveBuild, unfinishedBuilds } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import type { Db } from '../store/store.ts'

/** Ends what is being built for the place: a newer push has come. Inside the caller's transaction; whoever builds is told after it. */
export async function supersedeBuilds(
  db: Db,
  older: readonly Build[],
  newer: Build,
  at: string,
): Promise<void> {
  for (const { app, environment, number } of older) {
    const facts = { build: number, by: newer.number }
    const problem = { code: 'build.superseded' as const, facts }
    await moveBuild(db, app, number, 'superseded', { endedAt: at, problem })
    await appendEvent(db, at, { app, environment, kind: 'build.superseded', data: facts })
  }
}

/**
 * Ends what is being built for the place and would be deployed there, for what somebody asked for after the push.
 * Inside the caller's transaction; gives what it ended, so that the work can be stopped.
 */
export async function overtakeBuilds(
  db: Db,
  place: Place,
  { at, ...wish }: { wish: LaterWish; release: number; by: string; at: string },
): Promise<Build[]> {
  const overtaken = (await unfinishedBuilds(db, place)).filter(({ deploys }) => deploys)
  for (const { app, environment, number } of overtaken) {
    const facts = { build: number, ...wish }
    const problem = { code: 'build.overtaken' as const, facts }
    await moveBuild(db, app, number, 'superseded', { endedAt: at, problem })
    await appendEvent(db, at, { app, environment, kind: 'build.overtaken', data: facts })
  }
  return overtaken
}

/** Ends builds that are not over, because a person says so. Inside the caller's transaction. */
export async function cancelBuilds(
  db: Db,
  builds: readonly Build[],
  { by, at }: { by: string; at: string },
): Promise<void> {
  for (const { app, environment, number } of builds) {
    const facts = { build: number, by }
    const problem = { code: 'build.cancelled' as const, facts }
    await moveBuild(db, app, number, 'cancelled', { endedAt: at, problem })
    await appendEvent(db, at, { app, environment, kind: 'build.cancelled', data: facts })
  }
}
