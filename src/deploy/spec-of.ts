import type { Place } from '../model/environment.ts'
import type { ReleaseRoute } from '../model/release.ts'
import type { Spec } from '../model/spec.ts'
import { parseSpec } from '../model/spec-file.ts'
import { frozenRoute } from '../release/freeze.ts'
import type { Source } from './parts.ts'

export const specFile = 'naru.yaml'

/** What the commit's `naru.yaml` says for the environment. Throws `spec.invalid`, `commit.unknown`. */
export async function specOf(
  source: Pick<Source, 'readFile'>,
  { app, environment }: Place,
  commit: string,
): Promise<Spec> {
  return parseSpec(await source.readFile(app, commit, specFile), { file: specFile, environment })
}

/** Hosts and paths that a release with this spec has. */
export const routesOf = (spec: Spec, place: Place, domain: string): ReleaseRoute[] =>
  spec.routes.map((route) => frozenRoute(route, place, domain))
