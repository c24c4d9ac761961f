import type { Command, JobSpec } from './spec.ts'

/** A folder at its final path, absolute: what the process engine runs. */
export type Slug = { kind: 'slug'; folder: string }

/** An image of a Docker Engine by the ID that its content gives it, "sha256:" and 64 hex digits. */
export type Image = { kind: 'image'; id: string }

/** Which of the two it is decides which engine can run it. */
export type ArtifactBody = Slug | Image

/** What a build made and never changes again. */
export type Artifact = {
  /** "sha256-" and 64 hex digits over everything that went into the build. */
  digest: string
  app: string
  body: ArtifactBody
  /** How to start each service for which the spec does not say, found out from the files; `web` is the one that every app may leave out. */
  services: Readonly<Record<string, Command>>
  /** Jobs that the files name and the spec does not, as a Procfile's `release`. */
  jobs: Readonly<Record<string, JobSpec>>
  /** Plain variables that its programs get, below the release's settings: PYTHONUNBUFFERED. Left out: none. */
  environment?: Readonly<Record<string, string>>
  /** Where its commands run, below the slug: "apps/web" of a workspace. Left out: in the slug itself. */
  workingFolder?: string
}
