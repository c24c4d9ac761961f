import type { Place } from '../model/environment.ts'
import { findEnvironment } from '../store/environments.ts'
import type { Db } from '../store/store.ts'

/** What is seen of each of these places; one that is removed while it is looked at is left out, whatever the look came upon. */
export async function stillThere<P extends Place, T>(
  db: Db,
  places: readonly P[],
  look: (place: P) => Promise<T>,
): Promise<T[]> {
  const seen = await Promise.all(
    places.map(async (place) => {
      try {
        return [await look(place)]
      } catch (error) {
        if ((await findEnvironment(db, place)) === undefined) return []
        throw error
      }
    }),
  )
  return seen.flat()
}
