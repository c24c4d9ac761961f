import type { ArtifactBody } from './artifact.ts'

/** What runs instances. */
export type EngineName = 'process' | 'docker'

export const engineNames: readonly EngineName[] = ['process', 'docker']

export const isEngineName = (text: string): text is EngineName =>
  (engineNames as readonly string[]).includes(text)

/** What is built for where an environment says nothing, and why that. */
export type EngineChoice = { engine: EngineName; why: EngineReason; at: string }

export type EngineReason =
  | { kind: 'asked'; by: string }
  /** A Docker Engine answered when there was no app yet. */
  | { kind: 'answers' }
  /** None did, for this reason. */
  | { kind: 'silent'; reason: string }
  /** There were apps before there was a choice. */
  | { kind: 'before' }

/** An artifact runs on the engine that it was built for. */
export const engineOf = ({ kind }: ArtifactBody): EngineName =>
  kind === 'image' ? 'docker' : 'process'
