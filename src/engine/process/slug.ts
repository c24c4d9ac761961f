import type { ArtifactBody } from '../../model/artifact.ts'

/** The same, with the folder of its slug in place of its body. */
export type InSlug<T extends { body: ArtifactBody }> = Omit<T, 'body'> & { folder: string }

export function inSlug<T extends { body: ArtifactBody }>(spec: T): InSlug<T> {
  const { body, ...others } = spec
  return { ...others, folder: slugFolder(body) }
}

/** Images are other engines'; that one comes here is a mistake in Naru. */
export function slugFolder(body: ArtifactBody): string {
  if (body.kind !== 'slug') throw new Error(`the process engine cannot run the image ${body.id}`)
  return body.folder
}
