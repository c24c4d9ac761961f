import type { ArtifactBody } from './artifact.ts'

/** What runs instances. */
export type EngineName = 'process' | 'docker'

export const engineNames: readonly EngineName[] = ['process', 'docker']

export const isEngineName = (text: string): text is EngineName =>
  (engineNames as readonly string[]).includes(text)

/** An artifact runs on the engine that it was built for. */
export const engineOf = ({ kind }: ArtifactBody): EngineName =>
  kind === 'image' ? 'docker' : 'process'
