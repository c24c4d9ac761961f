import { posix } from 'node:path'
import type { Cached, Dependencies, Taken } from './dependencies.ts'
import { addedSince, type Listing, listFolders } from './listing.ts'
import type { Recipe, Step } from './recipe-types.ts'

/**
 * What one build does with what its install steps make, so that later builds need not install it again. Steps that come
 * after may write to it, so they never work on files that anybody else has; what they have left alone is kept, or given
 * back, in the end, and the artifact gets second names of what is kept.
 */
export type Installs = {
  /** Puts in what an earlier build has kept; false where the step must run. */
  restored(step: Step, index: number): Promise<boolean>
  /** To be called when the step has run. */
  made(step: Step, index: number): Promise<void>
  /**
   * To be called when no step runs any more and none can write to the slug, before anything is removed from it.
   * `failed`: the slug is going to be removed.
   */
  settle(failed: boolean): Promise<void>
  /** Paths in the slug below which all is frozen already. */
  frozen(): string[]
  /** What nobody waits for, once the slug is finished or removed; when `signal` aborts, what can be done without. */
  keep(signal: AbortSignal): Promise<void>
}

export function installsOf(slug: string, recipe: Recipe, dependencies: Dependencies): Installs {
  const seen: { cached: Cached; listing: Listing | null }[] = []
  const lent: { cached: Cached; listing: Listing; linked: Promise<string | null> }[] = []
  const unused: string[] = []
  const taken: Taken[] = []
  const fromFinished: { cached: Cached; added: string[] }[] = []
  const spares: Cached[] = []
  const frozen: string[] = []
  const isLast = (index: number): boolean => index === recipe.steps.length - 1
  return {
    async restored(step, index) {
      if (step.cached === undefined) return false
      const cached = cachedBy(step)
      if (isLast(index)) {
        const isThere = await dependencies.restore(cached, slug, false)
        // No step has run that could have left something else in its place.
        if (isThere && index === 0 && cached.moved.length === 0) frozen.push(...cached.keeps)
        return isThere
      }
      spares.push(cached)
      if (!(await dependencies.restore(cached, slug, true))) return false
      // With the slug's path in it, it would fit no other.
      const listing = cached.moved.length === 0 ? await listFolders(slug, cached.keeps) : null
      if (listing === null) return true
      // While the steps run, since it takes as long as they may.
      const linked = isDropped(recipe, cached) ? Promise.resolve(null) : dependencies.link(cached)
      linked.catch(() => {}) // Heard where it is waited for.
      lent.push({ cached, listing, linked })
      return true
    },
    async made(step, index) {
      if (step.cached === undefined) return
      const cached = cachedBy(step)
      if (isLast(index)) return void seen.push({ cached, listing: null })
      const listing = await listingOf(cached, index)
      if (listing !== null) return void seen.push({ cached, listing })
      const copy = await dependencies.take(cached, slug, 'copy')
      if (copy !== null) await dependencies.keep(copy)
    },
    async settle(failed) {
      for (const one of lent.splice(0)) {
        const { cached } = one
        const linked = await one.linked
        const added = await addedTo(cached, one.listing)
        const isNeeded = !failed && !isDropped(recipe, cached)
        if (linked !== null && (added === null || !isNeeded)) unused.push(linked)
        // Changed, or nothing is there to take its place: the slug keeps its own.
        if (added === null || (isNeeded && linked === null)) continue
        await dependencies.giveBack(cached, slug, added, isNeeded ? linked : null)
        if (added.length === 0 && isNeeded) frozen.push(...cached.keeps)
      }
      for (const { cached, listing } of seen.splice(0)) {
        const added = listing === null ? [] : await addedTo(cached, listing)
        if (added === null) await dependencies.sayChanged(cached.key)
        else if (!failed && !isCutDown(recipe)) fromFinished.push({ cached, added })
        else {
          const aside = await dependencies.take(cached, slug, failed ? 'move' : 'link', added)
          if (aside !== null) taken.push(aside)
        }
      }
    },
    frozen: () => frozen,
    async keep(signal) {
      for (const linked of unused) await dependencies.drop(linked)
      for (const { cached, added } of fromFinished) {
        const linked = await dependencies.take(cached, slug, 'link', added)
        if (linked !== null) taken.push(linked)
      }
      for (const one of taken) await dependencies.keep(one)
      for (const cached of spares) if (!signal.aborted) await dependencies.spare(cached, signal)
    },
  }

  /** Null where it must be copied before the steps that follow. */
  async function listingOf(cached: Cached, index: number): Promise<Listing | null> {
    const isPruned = recipe.steps.slice(index + 1).some(({ name }) => name === 'prune')
    if (isPruned || (await dependencies.isChanged(cached.key))) return null
    return listFolders(slug, cached.keeps)
  }

  async function addedTo(cached: Cached, before: Listing): Promise<string[] | null> {
    const after = await listFolders(slug, cached.keeps)
    return after === null ? null : addedSince(before, after)
  }
}

/** Whether something of what the steps made is removed in the end. */
const isCutDown = ({ site, leaves = [] }: Recipe): boolean =>
  site !== undefined || leaves.length > 0

/** Whether nothing of what is kept can be in a slug that is cut down to its site. */
function isDropped({ site, workingFolder = '.' }: Recipe, { keeps }: Cached): boolean {
  const folders = site?.folders.map((folder) => posix.join(workingFolder, folder, '/')) ?? []
  return (
    folders.length > 0 &&
    !folders.some((folder) =>
      keeps.some((path) => isIn(`${path}/`, folder) || isIn(folder, `${path}/`)),
    )
  )
}

const isIn = (path: string, folder: string): boolean => folder === './' || path.startsWith(folder)

const cachedBy = ({ cached = '', keeps = ['node_modules'], moved = [] }: Step): Cached => ({
  key: cached,
  keeps,
  moved,
})
